internal import CArrow
public import DurableFiles
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The Arrow C++ libraries behind a plugin that is opened when a Parquet or Arrow file is first met. Without it everything else works.
public struct ArrowPlugin: Sendable {
    /// Where it lies.
    public let path: String
    /// The release of the Arrow libraries it runs with.
    public let release: String
    private let open: tessera_arrow_open_function
    private let write: tessera_arrow_write_function

    /// Where the plugin is looked for: `TESSERA_ARROW_PLUGIN`, else the user's data directory.
    public static var expectedPath: String {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
        if let named = variable("TESSERA_ARROW_PLUGIN") { return named }
        let data = variable("XDG_DATA_HOME") ?? (variable("HOME") ?? ".") + "/.local/share"
        return data + "/tessera/arrow/libtessera-arrow.so"
    }

    /// Opens the plugin; cheap where it is open already.
    /// - Throws: `.missingPlugin`, `.foreignPlugin`.
    public init(at path: String = ArrowPlugin.expectedPath) throws(ArrowError) {
        self.path = path
        guard access(path, F_OK) == 0 else { throw .missingPlugin(path: path) }
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw .foreignPlugin(path: path, reason: dlerror().map { String(cString: $0) } ?? "it cannot be loaded")
        }
        func symbol<Function>(_ name: String, as _: Function.Type) throws(ArrowError) -> Function {
            guard let address = dlsym(library, name) else { throw .foreignPlugin(path: path, reason: "it has no `\(name)`") }
            return unsafeBitCast(address, to: Function.self)
        }
        let number = try symbol("tessera_arrow_interface", as: tessera_arrow_interface_function.self)()
        guard number == TESSERA_ARROW_INTERFACE else {
            throw .foreignPlugin(
                path: path, reason: "it was built for another Tessera (interface \(number), not \(TESSERA_ARROW_INTERFACE))")
        }
        let releases = try symbol("tessera_arrow_release", as: tessera_arrow_release_function.self)
        let (built, running) = (releases(0).map { String(cString: $0) } ?? "?", releases(1).map { String(cString: $0) } ?? "?")
        guard built == running else {
            throw .foreignPlugin(path: path, reason: "it was built for Arrow \(built) and finds Arrow \(running)")
        }
        release = running
        open = try symbol("tessera_arrow_open", as: tessera_arrow_open_function.self)
        write = try symbol("tessera_arrow_write", as: tessera_arrow_write_function.self)
    }

    /// Opens a Parquet, Arrow IPC or Feather file.
    /// - Parameters:
    ///   - columns: names of columns, or of members of structs joined by dots, that are read; all when nil.
    ///   - batchRows: rows of a batch at most.
    ///   - threads: of the libraries' own pool.
    /// - Returns: the stream, and the rows of the file where it says.
    public func read(
        _ path: String, columns: [String]? = nil, batchRows: Int = 16_384, threads: Int = 1
    ) throws(ArrowError) -> (stream: ArrowStream, rows: Int?) {
        var stream = ArrowArrayStream()
        var rows: Int64 = -1
        var text = [CChar](repeating: 0, count: 1024)
        let names = columns?.map { strdup($0) } ?? []
        defer { for name in names { free(name) } }
        let pointers = names.map { UnsafePointer($0) }
        let code = open(
            path, pointers, columns == nil ? -1 : Int64(pointers.count), Int64(batchRows), Int32(clamping: threads), &stream, &rows, &text,
            Int64(text.count))
        guard code == Int32(TESSERA_ARROW_OK) else { throw Self.fault(code, text, path) }
        let opened: Result<ArrowStream, ArrowError> = withUnsafeMutablePointer(to: &stream) { pointer in
            do throws(ArrowError) { return .success(try ArrowStream(moving: pointer, place: path)) } catch { return .failure(error) }
        }
        return (try opened.get(), rows < 0 ? nil : Int(rows))
    }

    private static func fault(_ code: Int32, _ text: [CChar], _ path: String) -> ArrowError {
        let reason = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        switch Int(code) {
        case TESSERA_ARROW_INPUT: return .noInput(path: path, reason: reason)
        case TESSERA_ARROW_COLUMN: return .noColumn(place: path, reason: reason)
        case TESSERA_ARROW_OUTPUT: return .output(path: path, reason: reason)
        default: return .damaged(place: path, reason: reason)
        }
    }

    /// Writes a Parquet file whole or not at all, zstd within.
    ///
    /// The bytes are the same for the same columns, batches and release of the libraries.
    /// - Parameters:
    ///   - next: gives the columns of each batch in turn, nil at the end. What it throws is thrown, and nothing is kept.
    ///   - rowGroupRows: rows of a row group at most, which is what a reader holds in memory.
    public func writeParquet(
        to path: String, fields: [ArrowField], rowGroupRows: Int = 1 << 16, in fileSystem: FileSystem = .live,
        next: () throws(ArrowError) -> [ArrowValues]?
    ) throws(ArrowError) {
        try AtomicFile.write(to: path, in: fileSystem) { writer throws(ArrowError) in
            let sink = Sink(writer)
            var failure: ArrowError?
            var text = [CChar](repeating: 0, count: 1024)
            let code = withoutActuallyEscaping(next) { next in
                var stream = ArrowArrayStream()
                ArrowExport.stream(fields, to: &stream) { () throws(ArrowError) in
                    do throws(ArrowError) { return try next() } catch {
                        failure = error
                        throw error
                    }
                }
                let code = self.write(
                    &stream, Int64(rowGroupRows),
                    { context, bytes, count in
                        Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue().take(
                            UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                    }, Unmanaged.passUnretained(sink).toOpaque(), &text, Int64(text.count))
                // Taken over at once by the libraries; ours only when they never got so far.
                withUnsafeMutablePointer(to: &stream) { $0.pointee.release?($0) }
                return code
            }
            if let failure { throw failure }
            if let error = sink.error { throw .file(error) }
            guard code == Int32(TESSERA_ARROW_OK) else { throw Self.fault(code, text, path) }
        }
    }

    private final class Sink {
        let writer: FileWriter
        var error: FileError?

        init(_ writer: FileWriter) { self.writer = writer }

        func take(_ bytes: UnsafeRawBufferPointer) -> Int32 {
            guard error == nil else { return 1 }
            do throws(FileError) { try writer.write(bytes) } catch {
                self.error = error
                return 1
            }
            return 0
        }
    }
}
