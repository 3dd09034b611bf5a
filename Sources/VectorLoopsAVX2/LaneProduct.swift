/// Sums of some outputs, each over the same lanes.
protocol OutputTile {
    associatedtype Row: LaneVectors
    static var outputs: Int { get }
    init()
    /// Starts with one float an output.
    init(biases: UnsafePointer<Float>)
    /// Adds one input: a weight for each output, `stride` apart, times the input's lanes.
    mutating func step(_ weights: UnsafePointer<Float>, _ stride: Int, _ input: Row)
    func put(_ y: UnsafeMutablePointer<Float>, _ yRow: Int)
    /// Adds to what is there.
    func add(to y: UnsafeMutablePointer<Float>, _ yRow: Int)
}

struct OneOutput<Row: LaneVectors>: OutputTile {
    var sum: Row
    static var outputs: Int { 1 }
    @inline(__always) init() { sum = Row(repeating: 0) }
    @inline(__always) init(biases: UnsafePointer<Float>) { sum = Row(repeating: biases.pointee) }
    @inline(__always) mutating func step(_ weights: UnsafePointer<Float>, _ stride: Int, _ input: Row) { sum.add(weights.pointee, input) }
    @inline(__always) func put(_ y: UnsafeMutablePointer<Float>, _ yRow: Int) { sum.put(y) }
    @inline(__always) func add(to y: UnsafeMutablePointer<Float>, _ yRow: Int) { sum.map(Row(at: y)) { $0 + $1 }.put(y) }
}

struct MoreOutputs<Half: OutputTile>: OutputTile {
    typealias Row = Half.Row
    var upper: Half
    var lower: Half
    static var outputs: Int { 2 * Half.outputs }
    @inline(__always) init() {
        upper = Half()
        lower = Half()
    }
    @inline(__always) init(biases: UnsafePointer<Float>) {
        upper = Half(biases: biases)
        lower = Half(biases: biases + Half.outputs)
    }
    @inline(__always) mutating func step(_ weights: UnsafePointer<Float>, _ stride: Int, _ input: Row) {
        upper.step(weights, stride, input)
        lower.step(weights + Half.outputs * stride, stride, input)
    }
    @inline(__always) func put(_ y: UnsafeMutablePointer<Float>, _ yRow: Int) {
        upper.put(y, yRow)
        lower.put(y + Half.outputs * yRow, yRow)
    }
    @inline(__always) func add(to y: UnsafeMutablePointer<Float>, _ yRow: Int) {
        upper.add(to: y, yRow)
        lower.add(to: y + Half.outputs * yRow, yRow)
    }
}

typealias Outputs2<L: LaneVectors> = MoreOutputs<OneOutput<L>>
typealias Outputs4<L: LaneVectors> = MoreOutputs<Outputs2<L>>
typealias Outputs8<L: LaneVectors> = MoreOutputs<Outputs4<L>>

/// What happens to a product's sums.
enum Ending: Int {
    /// They are stored.
    case store
    /// They are added to what is there.
    case add
    /// Their GELU is stored.
    case activate
}

/// Weights in panels times lanes.
private struct PanelWork: LaneWork {
    let outputs: Int
    let inner: Int
    let panels: UnsafePointer<Float>
    let x: UnsafePointer<Float>
    let xRow: Int
    let y: UnsafeMutablePointer<Float>
    let yRow: Int
    let ending: Ending

    @inline(__always)
    func run<L: LaneVectors>(_: L.Type, _ start: Int) {
        let panelFloats = (inner + 1) * panelHeight
        var panel = panels, target = y + start
        var left = (outputs + panelHeight - 1) / panelHeight
        #if WIDE_VECTORS
            // One vector a row gives eight sums, just as many as the latency of an addition needs: two panels keep the units busier.
            while L.lanes == 16 && left >= 2 {
                let (a, b) = sums(Outputs8<L>.self, panel, panelFloats, start)
                finish(a, target)
                finish(b, target + panelHeight * yRow)
                panel += 2 * panelFloats
                target += 2 * panelHeight * yRow
                left -= 2
            }
            while left > 0 {
                finish(sums(Outputs8<L>.self, panel, start), target)
                panel += panelFloats
                target += panelHeight * yRow
                left -= 1
            }
        #else
            while left > 0 {
                finish(sums(Outputs4<L>.self, panel, start), target)
                finish(sums(Outputs4<L>.self, panel + 4, start), target + 4 * yRow)
                panel += panelFloats
                target += panelHeight * yRow
                left -= 1
            }
        #endif
    }

    @inline(__always)
    private func sums<T: OutputTile>(_: T.Type, _ panel: UnsafePointer<Float>, _ start: Int) -> T {
        var tile = T(biases: panel)
        var weights = panel + panelHeight, input = x + start
        for _ in 0..<inner {
            tile.step(weights, 1, T.Row(at: input))
            weights += panelHeight
            input += xRow
        }
        return tile
    }

    @inline(__always)
    private func sums<T: OutputTile>(_: T.Type, _ panel: UnsafePointer<Float>, _ next: Int, _ start: Int) -> (T, T) {
        var first = T(biases: panel), second = T(biases: panel + next)
        var weights = panel + panelHeight, input = x + start
        for _ in 0..<inner {
            let row = T.Row(at: input)
            first.step(weights, 1, row)
            second.step(weights + next, 1, row)
            weights += panelHeight
            input += xRow
        }
        return (first, second)
    }

    @inline(__always)
    private func finish<T: OutputTile>(_ tile: T, _ target: UnsafeMutablePointer<Float>) {
        if ending == .add { return tile.add(to: target, yRow) }
        tile.put(target, yRow)
        guard ending == .activate else { return }
        // Apart from the sums: while they fill the registers there is no room for what GELU needs.
        for output in 0..<T.outputs {
            let row = target + output * yRow
            for lane in stride(from: 0, to: T.Row.lanes, by: 16) { store(gaussianUnit(load(row + lane)), row + lane) }
        }
    }
}

/// `y[o, n] = bias[o] + Σ weight[o, i] x[i, n]` for `lanes` lanes, rounded up to 16; the sum starts with the bias and goes in order of `i`.
///
/// `panels` holds for every 8 outputs 8 biases, then for each input 8 weights; what is missing of the last 8 is zero. All rows of the last
/// panel are written. `ending` 0 stores, 1 adds to `y`, 2 stores the GELU.
public func laneProduct(
    _ lanes: Int, _ outputs: Int, _ inner: Int, _ panels: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ xRow: Int,
    _ y: UnsafeMutablePointer<Float>, _ yRow: Int, _ ending: Int
) {
    overLanes(
        lanes,
        PanelWork(
            outputs: outputs, inner: inner, panels: panels, x: x, xRow: xRow, y: y, yRow: yRow, ending: Ending(rawValue: ending) ?? .store))
}

/// `y[o, n] = Σ weight(o, i) x[i, n]` over one stretch of lanes, where `weight(o, i)` is `weights[o * outputStride + i * innerStride]`.
/// Rounds the outputs up to `T.outputs`.
@inline(__always)
func stridedProduct<T: OutputTile>(
    _: T.Type, _ inner: Int, _ weights: UnsafePointer<Float>, _ outputStride: Int, _ innerStride: Int, _ x: UnsafePointer<Float>,
    _ xRow: Int, _ y: UnsafeMutablePointer<Float>, _ yRow: Int
) {
    var tile = T()
    var weights = weights, input = x
    for _ in 0..<inner {
        tile.step(weights, outputStride, T.Row(at: input))
        weights += innerStride
        input += xRow
    }
    tile.put(y, yRow)
}
