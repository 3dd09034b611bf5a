// Loops over rows that lie across: feature f of event n is `x[f * row + n]`, so that sixteen events share every vector.
//
// Layers are then sums down a column, whatever the width: nothing crosses lanes, and no width leaves lanes idle. This is how embeddings
// are computed; training keeps rows as they are. Blocks of features are 8 high (a panel): buffers have their features rounded up to that.
//
// An event's result never depends on its lane or its neighbours: every element is made by the same operations in the same order in
// each of the variants below.

/// Features in a panel: outputs that a product works out together.
let panelHeight = 8

/// Some neighbouring vectors of lanes.
protocol LaneVectors {
    static var lanes: Int { get }
    init(repeating: Float)
    init(at pointer: UnsafePointer<Float>)
    func put(_ pointer: UnsafeMutablePointer<Float>)
    /// `self += factor * other`, fused.
    mutating func add(_ factor: Float, _ other: Self)
    /// Applies a function to each vector.
    func map(_ function: (Vector) -> Vector) -> Self
    func map(_ other: Self, _ function: (Vector, Vector) -> Vector) -> Self
}

/// One vector.
struct Lanes16: LaneVectors {
    var a: Vector
    static var lanes: Int { 16 }
    @inline(__always) init(_ a: Vector) { self.a = a }
    @inline(__always) init(repeating value: Float) { a = Vector(repeating: value) }
    @inline(__always) init(at pointer: UnsafePointer<Float>) { a = load(pointer) }
    @inline(__always) func put(_ pointer: UnsafeMutablePointer<Float>) { store(a, pointer) }
    @inline(__always) mutating func add(_ factor: Float, _ other: Self) { a.addProduct(Vector(repeating: factor), other.a) }
    @inline(__always) func map(_ function: (Vector) -> Vector) -> Self { Self(function(a)) }
    @inline(__always) func map(_ other: Self, _ function: (Vector, Vector) -> Vector) -> Self { Self(function(a, other.a)) }
}

/// One vector and some more.
struct MoreLanes<Rest: LaneVectors>: LaneVectors {
    var a: Vector
    var rest: Rest
    static var lanes: Int { 16 + Rest.lanes }
    @inline(__always) init(_ a: Vector, _ rest: Rest) {
        self.a = a
        self.rest = rest
    }
    @inline(__always) init(repeating value: Float) { self.init(Vector(repeating: value), Rest(repeating: value)) }
    @inline(__always) init(at pointer: UnsafePointer<Float>) { self.init(load(pointer), Rest(at: pointer + 16)) }
    @inline(__always) func put(_ pointer: UnsafeMutablePointer<Float>) {
        store(a, pointer)
        rest.put(pointer + 16)
    }
    @inline(__always) mutating func add(_ factor: Float, _ other: Self) {
        a.addProduct(Vector(repeating: factor), other.a)
        rest.add(factor, other.rest)
    }
    @inline(__always) func map(_ function: (Vector) -> Vector) -> Self { Self(function(a), rest.map(function)) }
    @inline(__always) func map(_ other: Self, _ function: (Vector, Vector) -> Vector) -> Self {
        Self(function(a, other.a), rest.map(other.rest, function))
    }
}

typealias Lanes32 = MoreLanes<Lanes16>
typealias Lanes48 = MoreLanes<Lanes32>

/// Something done to a stretch of lanes, as wide as registers allow.
protocol LaneWork {
    /// Works on lanes `start ..< start + L.lanes`.
    func run<L: LaneVectors>(_: L.Type, _ start: Int)
}

/// Does the work on `lanes` lanes, rounded up to whole vectors: by 48 with AVX-512, whose registers hold eight sums of that width, by 16
/// otherwise.
@inline(__always)
func overLanes(_ lanes: Int, _ work: some LaneWork) {
    var start = 0
    #if WIDE_VECTORS
        while start + 32 < lanes {
            work.run(Lanes48.self, start)
            start += 48
        }
        if start + 16 < lanes {
            work.run(Lanes32.self, start)
            start += 32
        }
    #endif
    while start < lanes {
        work.run(Lanes16.self, start)
        start += 16
    }
}
