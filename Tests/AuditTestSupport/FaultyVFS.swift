internal import CSQLite

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A SQLite file layer over the system's own that makes the n-th change of a file fail.
///
/// Counts opening, writing, syncing, truncating and deleting, from 0. Reading and locking always work.
/// For one thread at a time.
public final class FaultyVFS: @unchecked Sendable {
    /// What goes wrong at the n-th operation.
    public enum Fault: Sendable, CaseIterable {
        /// One operation fails as a broken disk does.
        case brokenOnce
        /// One operation fails as a full disk does; a write leaves half of its bytes.
        case fullOnce
        /// A write leaves half of its bytes, and nothing is changed any more: the process is gone.
        case death
    }

    /// What SQLite knows the layer by.
    public let name: String
    /// Operations asked for since ``reset(failing:_:)``.
    public private(set) var operationsSeen = 0
    /// What the system's files did since ``reset(failing:_:)``: calls, bytes and seconds.
    public private(set) var work = Work()

    /// Work of the system's files.
    public struct Work: Sendable {
        /// Forcing to the disk.
        public var syncs = 0, syncSeconds = 0.0
        /// Writing.
        public var writes = 0, bytesWritten = 0, writeSeconds = 0.0
        /// Reading.
        public var reads = 0, readSeconds = 0.0
    }

    private var failing = -1
    private var fault = Fault.brokenOnce
    private let layer: UnsafeMutablePointer<sqlite3_vfs>
    private let nameBytes: UnsafeMutablePointer<CChar>
    fileprivate let system: UnsafeMutablePointer<sqlite3_vfs>

    /// Registers a layer under a name of its own.
    public init(named name: String) {
        self.name = name
        guard let system = sqlite3_vfs_find(nil) else { fatalError("FaultyVFS: SQLite has no file layer") }
        self.system = system
        let characters = name.utf8CString
        nameBytes = .allocate(capacity: characters.count)
        for (place, character) in characters.enumerated() { nameBytes[place] = character }
        layer = .allocate(capacity: 1)
        layer.initialize(to: system.pointee)
        layer.pointee.iVersion = 1
        layer.pointee.szOsFile = Int32(FaultyFile.headerSize) + system.pointee.szOsFile
        layer.pointee.zName = UnsafePointer(nameBytes)
        layer.pointee.pNext = nil
        layer.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        layer.pointee.xOpen = { layer, path, file, flags, outFlags in
            guard let vfs = FaultyVFS.of(layer), let file else { return SQLITE_MISUSE }
            file.pointee.pMethods = nil
            if vfs.failsNext() != nil { return SQLITE_CANTOPEN }
            let real = FaultyFile.real(file)
            let code = vfs.system.pointee.xOpen(vfs.system, path, real, flags, outFlags)
            guard real.pointee.pMethods != nil else { return code }
            FaultyFile.setLayer(file, vfs)
            file.pointee.pMethods = FaultyFile.methods
            return code
        }
        layer.pointee.xDelete = { layer, path, syncs in
            guard let vfs = FaultyVFS.of(layer) else { return SQLITE_MISUSE }
            if let fault = vfs.failsNext() { return fault == .fullOnce ? SQLITE_FULL : SQLITE_IOERR | 10 << 8 }
            return vfs.system.pointee.xDelete(vfs.system, path, syncs)
        }
        layer.pointee.xAccess = { layer, path, flags, result in
            guard let vfs = FaultyVFS.of(layer) else { return SQLITE_MISUSE }
            return vfs.system.pointee.xAccess(vfs.system, path, flags, result)
        }
        layer.pointee.xFullPathname = { layer, path, count, result in
            guard let vfs = FaultyVFS.of(layer) else { return SQLITE_MISUSE }
            return vfs.system.pointee.xFullPathname(vfs.system, path, count, result)
        }
        sqlite3_vfs_register(layer, 0)
    }

    deinit {
        sqlite3_vfs_unregister(layer)
        layer.deallocate()
        nameBytes.deallocate()
    }

    /// Counts from 0 again.
    /// - Parameter failing: the operation that fails; a negative number lets everything pass.
    public func reset(failing: Int, _ fault: Fault) {
        operationsSeen = 0
        work = Work()
        self.failing = failing
        self.fault = fault
    }

    private static func of(_ layer: UnsafeMutablePointer<sqlite3_vfs>?) -> FaultyVFS? {
        layer?.pointee.pAppData.map { Unmanaged<FaultyVFS>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Counts an operation; how it must fail, or nil.
    fileprivate func failsNext() -> Fault? {
        let number = operationsSeen
        operationsSeen += 1
        guard failing >= 0, fault == .death ? number >= failing : number == failing else { return nil }
        return fault
    }

    /// Takes the time of an operation of the system's files.
    fileprivate func timed(_ seconds: WritableKeyPath<Work, Double>, _ calls: WritableKeyPath<Work, Int>, _ operation: () -> Int32) -> Int32
    {
        let began = Self.now()
        let code = operation()
        work[keyPath: seconds] += Self.now() - began
        work[keyPath: calls] += 1
        return code
    }

    fileprivate func note(written bytes: Int32) { work.bytesWritten += Int(bytes) }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Whether the operation just counted is the one named, so that a write of it is torn.
    fileprivate var isAtFault: Bool { operationsSeen - 1 == failing }
}

/// A file of the layer: SQLite's header, the layer, and behind them the system's file.
private enum FaultyFile {
    static let headerSize = 32

    static func real(_ file: UnsafeMutablePointer<sqlite3_file>?) -> UnsafeMutablePointer<sqlite3_file> {
        guard let file else { fatalError("FaultyVFS: no file") }
        return (UnsafeMutableRawPointer(file) + headerSize).assumingMemoryBound(to: sqlite3_file.self)
    }

    static func setLayer(_ file: UnsafeMutablePointer<sqlite3_file>, _ vfs: FaultyVFS) {
        (UnsafeMutableRawPointer(file) + 8).storeBytes(of: Unmanaged.passUnretained(vfs).toOpaque(), as: UnsafeMutableRawPointer.self)
    }

    static func layer(_ file: UnsafeMutablePointer<sqlite3_file>?) -> FaultyVFS {
        guard let file else { fatalError("FaultyVFS: no file") }
        let pointer = (UnsafeMutableRawPointer(file) + 8).load(as: UnsafeMutableRawPointer.self)
        return Unmanaged<FaultyVFS>.fromOpaque(pointer).takeUnretainedValue()
    }

    static func system(_ file: UnsafeMutablePointer<sqlite3_file>?) -> sqlite3_io_methods {
        guard let methods = real(file).pointee.pMethods else { fatalError("FaultyVFS: a closed file") }
        return methods.pointee
    }

    nonisolated(unsafe) static let methods: UnsafePointer<sqlite3_io_methods> = {
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        var methods = sqlite3_io_methods()
        methods.iVersion = 2
        methods.xClose = { system($0).xClose(real($0)) }
        methods.xRead = { file, bytes, count, offset in
            layer(file).timed(\.readSeconds, \.reads) { system(file).xRead(real(file), bytes, count, offset) }
        }
        methods.xWrite = { file, bytes, count, offset in
            guard let fault = layer(file).failsNext() else {
                layer(file).note(written: count)
                return layer(file).timed(\.writeSeconds, \.writes) { system(file).xWrite(real(file), bytes, count, offset) }
            }
            if fault != .brokenOnce, layer(file).isAtFault { _ = system(file).xWrite(real(file), bytes, count / 2, offset) }
            return fault == .fullOnce ? SQLITE_FULL : SQLITE_IOERR | 3 << 8
        }
        methods.xTruncate = { layer($0).failsNext() == nil ? system($0).xTruncate(real($0), $1) : SQLITE_IOERR | 6 << 8 }
        methods.xSync = { file, flags in
            guard layer(file).failsNext() == nil else { return SQLITE_IOERR | 4 << 8 }
            return layer(file).timed(\.syncSeconds, \.syncs) { system(file).xSync(real(file), flags) }
        }
        methods.xFileSize = { system($0).xFileSize(real($0), $1) }
        methods.xLock = { system($0).xLock(real($0), $1) }
        methods.xUnlock = { system($0).xUnlock(real($0), $1) }
        methods.xCheckReservedLock = { system($0).xCheckReservedLock(real($0), $1) }
        methods.xFileControl = { system($0).xFileControl(real($0), $1, $2) }
        methods.xSectorSize = { system($0).xSectorSize(real($0)) }
        methods.xDeviceCharacteristics = { system($0).xDeviceCharacteristics(real($0)) }
        methods.xShmMap = { system($0).xShmMap(real($0), $1, $2, $3, $4) }
        methods.xShmLock = { system($0).xShmLock(real($0), $1, $2, $3) }
        methods.xShmBarrier = { system($0).xShmBarrier(real($0)) }
        methods.xShmUnmap = { system($0).xShmUnmap(real($0), $1) }
        table.initialize(to: methods)
        return UnsafePointer(table)
    }()
}
