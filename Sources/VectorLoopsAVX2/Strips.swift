// Takes: raw floats in memory and their strides.   Gives: the loops every layer is made of, at the speed of the machine.
//
// This folder is compiled twice on x86: for AVX2 and for AVX-512 (a symbolic link gives the second target its sources). All
// vectors are sixteen floats: one register with AVX-512, two with AVX2, four with NEON. Only coarse functions are public,
// because a loop that crosses a module boundary is several times slower.

/// Sixteen floats, the step of all element-wise loops.
typealias Vector = SIMD16<Float>

@_transparent
func load(_ pointer: UnsafePointer<Float>) -> Vector { UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self) }

@_transparent
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
}

@inline(__always)
private func loadThree(_ pointer: UnsafePointer<Float>, _ count: Int, _ fill: Float) -> SIMD4<Float> {
    var part = SIMD4<Float>(repeating: fill)
    if count > 0 { part.x = pointer[0] }
    if count > 1 { part.y = pointer[1] }
    if count > 2 { part.z = pointer[2] }
    return part
}

@inline(__always)
private func loadSeven(_ pointer: UnsafePointer<Float>, _ count: Int, _ fill: Float) -> SIMD8<Float> {
    if count >= 4 {
        return SIMD8(lowHalf: SIMD4(at: pointer), highHalf: loadThree(pointer + 4, count - 4, fill))
    }
    return SIMD8(lowHalf: loadThree(pointer, count, fill), highHalf: SIMD4(repeating: fill))
}

/// The first `count` (0 ..< 16) floats; the other lanes hold `fill`. In steps of 8, 4 and 1 with constant lanes: a lane number
/// that is only known at run time would cost a compare and a blend for each float.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>, first count: Int, fill: Float = 0) -> Vector {
    if count >= 8 { return Vector(lowHalf: SIMD8(at: pointer), highHalf: loadSeven(pointer + 8, count - 8, fill)) }
    return Vector(lowHalf: loadSeven(pointer, count, fill), highHalf: SIMD8(repeating: fill))
}

@inline(__always)
private func storeThree(_ part: SIMD4<Float>, _ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    if count > 0 { pointer[0] = part.x }
    if count > 1 { pointer[1] = part.y }
    if count > 2 { pointer[2] = part.z }
}

@inline(__always)
private func storeSeven(_ part: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    if count >= 4 {
        part.lowHalf.put(pointer)
        storeThree(part.highHalf, pointer + 4, count - 4)
    } else {
        storeThree(part.lowHalf, pointer, count)
    }
}

/// Stores the first `count` (0 ..< 16) lanes.
@inline(__always)
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, first count: Int) {
    if count >= 8 {
        vector.lowHalf.put(pointer)
        storeSeven(vector.highHalf, pointer + 8, count - 8)
    } else {
        storeSeven(vector.lowHalf, pointer, count)
    }
}

/// Whole vectors or the rest of a row, chosen by type. Where both meet in one value (`rest == 16 ? … : …`) the compiler takes
/// the vectors to pieces, at a fifth of the speed; so loops are written once over this and compiled twice.
protocol Access {
    static func at(_ pointer: UnsafePointer<Float>, _ count: Int) -> Vector
    static func put(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, _ count: Int)
}

enum WholeVector: Access {
    @_transparent static func at(_ pointer: UnsafePointer<Float>, _: Int) -> Vector { load(pointer) }
    @_transparent static func put(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, _: Int) { store(vector, pointer) }
}

enum PartVector: Access {
    @inline(__always) static func at(_ pointer: UnsafePointer<Float>, _ count: Int) -> Vector { load(pointer, first: count) }
    @inline(__always) static func put(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
        store(vector, pointer, first: count)
    }
}

/// Some neighbouring columns of one row: what a product keeps in registers for each of its rows.
protocol Strip {
    static var width: Int { get }
    init(zero: Void)
    init(at pointer: UnsafePointer<Float>)
    func put(_ pointer: UnsafeMutablePointer<Float>)
    /// `self += factor * other`, fused.
    mutating func add(_ factor: Float, _ other: Self)
    static func + (left: Self, right: Self) -> Self
    /// `self` without its first `count` (0 ..< 16) columns, which become zero.
    func dropping(_ count: Int) -> Self
}

extension SIMD16: Strip where Scalar == Float {
    static var width: Int { 16 }
    @inline(__always) init(zero: Void) { self.init() }
    @inline(__always) init(at pointer: UnsafePointer<Float>) { self = UnsafeRawPointer(pointer).loadUnaligned(as: Self.self) }
    @inline(__always) func put(_ pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
    }
    @inline(__always) mutating func add(_ factor: Float, _ other: Self) { self.addProduct(Self(repeating: factor), other) }
    @inline(__always) func dropping(_ count: Int) -> Self {
        replacing(with: 0, where: laneNumbers .< SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: count)))
    }
}

/// 0, 1, … 15.
@inline(__always) var laneNumbers: SIMD16<Int32> { SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }

extension SIMD8: Strip where Scalar == Float {
    static var width: Int { 8 }
    @inline(__always) init(zero: Void) { self.init() }
    @inline(__always) init(at pointer: UnsafePointer<Float>) { self = UnsafeRawPointer(pointer).loadUnaligned(as: Self.self) }
    @inline(__always) func put(_ pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
    }
    @inline(__always) mutating func add(_ factor: Float, _ other: Self) { self.addProduct(Self(repeating: factor), other) }
    @inline(__always) func dropping(_ count: Int) -> Self {
        replacing(with: 0, where: SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7) .< SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: count)))
    }
}

extension SIMD4: Strip where Scalar == Float {
    static var width: Int { 4 }
    @inline(__always) init(zero: Void) { self.init() }
    @inline(__always) init(at pointer: UnsafePointer<Float>) { self = UnsafeRawPointer(pointer).loadUnaligned(as: Self.self) }
    @inline(__always) func put(_ pointer: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
    }
    @inline(__always) mutating func add(_ factor: Float, _ other: Self) { self.addProduct(Self(repeating: factor), other) }
    @inline(__always) func dropping(_ count: Int) -> Self {
        replacing(with: 0, where: SIMD4<Int32>(0, 1, 2, 3) .< SIMD4<Int32>(repeating: Int32(truncatingIfNeeded: count)))
    }
}

extension Float: Strip {
    static var width: Int { 1 }
    @inline(__always) init(zero: Void) { self = 0 }
    @inline(__always) init(at pointer: UnsafePointer<Float>) { self = pointer.pointee }
    @inline(__always) func put(_ pointer: UnsafeMutablePointer<Float>) { pointer.pointee = self }
    @inline(__always) mutating func add(_ factor: Float, _ other: Float) { self.addProduct(factor, other) }
    @inline(__always) func dropping(_ count: Int) -> Float { count > 0 ? 0 : self }
}

/// Two strips beside each other.
struct Beside<Left: Strip, Right: Strip>: Strip {
    var left: Left
    var right: Right
    static var width: Int { Left.width + Right.width }
    @inline(__always) init(left: Left, right: Right) {
        self.left = left
        self.right = right
    }
    @inline(__always) init(zero: Void) { self.init(left: Left(zero: ()), right: Right(zero: ())) }
    @inline(__always) init(at pointer: UnsafePointer<Float>) {
        self.init(left: Left(at: pointer), right: Right(at: pointer + Left.width))
    }
    @inline(__always) func put(_ pointer: UnsafeMutablePointer<Float>) {
        left.put(pointer)
        right.put(pointer + Left.width)
    }
    @inline(__always) mutating func add(_ factor: Float, _ other: Self) {
        left.add(factor, other.left)
        right.add(factor, other.right)
    }
    @inline(__always) static func + (a: Self, b: Self) -> Self { Self(left: a.left + b.left, right: a.right + b.right) }
    // Strips overlap by less than one vector, so only the leftmost loses columns.
    @inline(__always) func dropping(_ count: Int) -> Self { Self(left: left.dropping(count), right: right) }
}

/// 32, 48 and 64 columns.
typealias Strip2 = Beside<Vector, Vector>
typealias Strip3 = Beside<Strip2, Vector>
typealias Strip4 = Beside<Strip2, Strip2>
/// 256 columns, for a single row.
typealias Strip16 = Beside<Beside<Strip4, Strip4>, Beside<Strip4, Strip4>>
