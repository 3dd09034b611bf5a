#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif
internal import SequenceKernel

/// Tells an event its place in the session, counted from the first kept event.
enum PlaceEncoding: Sendable {
    case none
    case learned(PositionEncoding)
    /// Sines and cosines of wavelengths 2π … 10000 · 2π (Vaswani et al. 2017): `[longest, D]`.
    case sinusoidal([Float], width: Int)

    init(_ configuration: ModelConfiguration, in scope: inout ParameterScope) {
        let width = configuration.width
        switch configuration.positions {
        case .none: self = .none
        case .learned: self = .learned(PositionEncoding(width: width, longest: configuration.maximumEvents, in: &scope))
        case .sinusoidal:
            var table = [Float](repeating: 0, count: configuration.maximumEvents * width)
            for place in 0..<configuration.maximumEvents {
                for index in 0..<width {
                    let angle = Double(place) / pow(10_000, Double(index / 2 * 2) / Double(width))
                    table[place * width + index] = Float(index.isMultiple(of: 2) ? sin(angle) : cos(angle))
                }
            }
            self = .sinusoidal(table, width: width)
        }
    }

    /// Places that have a row of their own; nil without any.
    var rows: Int? {
        switch self {
        case .none: nil
        case .learned(let layer): layer.longest
        case .sinusoidal(let table, let width): table.count / width
        }
    }

    /// Adds the row of a place.
    func add(_ place: Int, to row: UnsafeMutablePointer<Float>, _ weights: ParameterVector) {
        switch self {
        case .none: break
        case .learned(let layer): vectorLoops.add(layer.width, row, weights.pointer(layer.weight) + place * layer.width, row)
        case .sinusoidal(let table, let width):
            table.withUnsafeBufferPointer { vectorLoops.add(width, row, $0.baseAddress! + place * width, row) }
        }
    }

    /// In place.
    func forward(_ rows: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> Rows {
        switch self {
        case .none: return rows
        case .learned(let layer): return layer.forward(rows, offsets, pass).output
        case .sinusoidal(let table, let width):
            table.withUnsafeBufferPointer { table in
                for sequence in 0..<offsets.count {
                    for (place, row) in offsets[sequence].enumerated() {
                        let start = min(place, table.count / width - 1) * width
                        vectorLoops.add(width, rows[row], table.baseAddress! + start, rows[row])
                    }
                }
            }
            return rows
        }
    }

    func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ pass: Pass) {
        if case .learned(let layer) = self { _ = layer.backward(upstream, offsets, (), pass) }
    }
}
