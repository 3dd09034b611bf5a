internal import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Places in a sequence as sines and cosines, added to its rows; the latest row is place 0, whatever came before it.
///
///     P[p, 2i] = sin(p / 10000^(2i / E))      P[p, 2i + 1] = cos of the same
struct SinusoidalPositions: Sendable {
    private let table: [Float]
    private let width: Int

    init(longest: Int, width: Int) {
        self.width = width
        table = (0..<longest * width).map { index in
            let (place, column) = (Double(index / width), index % width)
            let angle = place / pow(10_000, Double(column / 2 * 2) / Double(width))
            return Float(column.isMultiple(of: 2) ? sin(angle) : cos(angle))
        }
    }

    /// In place.
    func add(to rows: Rows, _ offsets: SequenceOffsets) {
        table.withUnsafeBufferPointer { table in
            for sequence in 0..<offsets.count {
                let own = offsets[sequence]
                for row in own {
                    let source = table.baseAddress! + (own.upperBound - 1 - row) * width
                    for column in 0..<width { rows[row][column] += source[column] }
                }
            }
        }
    }
}

/// Records of one history → a vector of each applicant.
///
///     records of each table → vectors of fields → field attention → x (+ a vector of the table where there are several)
///     item is a sequence:  x + places → Transformer → pooling over the item's records → x
///     x + places → Transformer → pooling over the applicant's items
///
/// - Shapes: `[N, F E]` of each table → `[N, E]` merged by time → (`[S, E]`) → `[B, E]`. An applicant without items gets zeros.
struct HistoryEncoder: Sendable {
    /// Transformer, places and pooling over one level of sequences.
    struct Level: Sendable {
        let encoder: TransformerEncoder
        let pooling: Pooling
        let positions: SinusoidalPositions?

        init(_ settings: FrameworkSettings, longest: Int, in scope: inout ParameterScope) {
            encoder = TransformerEncoder(settings.encoder, in: &scope)
            pooling = scope.scope("pooling") { Pooling(settings.pooling, width: settings.width, in: &$0) }
            positions = settings.positions ? SinusoidalPositions(longest: longest, width: settings.width) : nil
        }

        struct Tape {
            let encoder: TransformerEncoder.Tape
            let pooling: Pooling.Tape
        }

        func forward(_ rows: Rows, _ offsets: SequenceOffsets, _ pass: Pass) -> (output: Rows, tape: Tape) {
            positions?.add(to: rows, offsets)
            let (states, encoder) = encoder.forward(rows, offsets, pass)
            let (output, pooling) = pooling.forward(states, offsets, pass)
            return (output, Tape(encoder: encoder, pooling: pooling))
        }

        func backward(_ upstream: Rows, _ offsets: SequenceOffsets, _ tape: Tape, _ pass: Pass) -> Rows {
            encoder.backward(pooling.backward(upstream, offsets, tape.pooling, pass), offsets, tape.encoder, pass)
        }
    }

    let width: Int
    /// Numbers of its tables.
    let members: [Int]
    let vectors: [FieldVectors]
    let attentions: [FieldAttention]
    private let types: Parameter?
    /// Over the records of an item; nil where each record is one.
    private let inner: Level?
    private let outer: Level

    init(
        _ history: FrameworkConfiguration.History, _ members: [Int], _ sets: [FieldSet], _ settings: FrameworkSettings,
        in scope: inout ParameterScope
    ) {
        (width, self.members) = (settings.width, members)
        var (vectors, attentions): ([FieldVectors], [FieldAttention]) = ([], [])
        for (place, table) in members.enumerated() {
            scope.scope("tables.\(place)") { scope in
                vectors.append(FieldVectors(sets[table], width: settings.width, in: &scope))
                attentions.append(
                    scope.scope("attention") { FieldAttention(fields: sets[table].fields.count, width: settings.width, in: &$0) })
            }
        }
        (self.vectors, self.attentions) = (vectors, attentions)
        types = members.count > 1 ? scope.declare("types", [members.count, settings.width], .normal(0.3), decays: false) : nil
        inner = history.pause == nil ? nil : scope.scope("records") { Level(settings, longest: history.records, in: &$0) }
        outer = scope.scope("items") { Level(settings, longest: history.items, in: &$0) }
    }

    /// Whether its items are sequences of records.
    var isNested: Bool { inner != nil }

    /// What backward needs beside the tapes of the tables.
    struct Tape {
        let inner: Level.Tape?
        let outer: Level.Tape
    }

    /// Records of its tables by time, `[N, E]`. Tapes of the tables are added to `attention`.
    private func merged(
        _ input: FrameworkInput, _ sequences: FrameworkInput.Sequences, _ pass: Pass, _ attention: inout [FieldAttention.Tape]
    ) -> Rows {
        let merged = pass.workspace.rows(sequences.records, width)
        for (place, table) in members.enumerated() {
            let fields = input.tables[table]
            let (items, tape) = attentions[place].forward(vectors[place].forward(fields, pass), pass)
            if pass.isTraining { attention.append(tape) }
            let type = types.map { pass.weights($0) + place * width }
            var next = 0
            for record in 0..<sequences.records where sequences.types[record] == Int32(place) {
                merged[record].update(from: items[next], count: width)
                if let type { for column in 0..<width { merged[record][column] += type[column] } }
                next += 1
            }
        }
        return merged
    }

    /// → `[B, E]`. Tapes of its tables are added to `attention`.
    func forward(
        _ input: FrameworkInput, _ sequences: FrameworkInput.Sequences, _ pass: Pass, _ attention: inout [FieldAttention.Tape]
    ) -> (output: Rows, tape: Tape) {
        let merged = merged(input, sequences, pass, &attention)
        guard let inner else {
            let (output, tape) = outer.forward(merged, sequences.applicants, pass)
            return (output, Tape(inner: nil, outer: tape))
        }
        let (items, innerTape) = inner.forward(merged, sequences.items, pass)
        let (output, tape) = outer.forward(items, sequences.applicants, pass)
        return (output, Tape(inner: innerTape, outer: tape))
    }

    /// → what the Transformer over the records says of each, before any pooling: `[N, E]`. Tapes of its tables are added to `attention`.
    func states(
        _ input: FrameworkInput, _ sequences: FrameworkInput.Sequences, _ pass: Pass, _ attention: inout [FieldAttention.Tape]
    ) -> (output: Rows, tape: TransformerEncoder.Tape) {
        let merged = merged(input, sequences, pass, &attention), offsets = ofRecords(sequences)
        (inner ?? outer).positions?.add(to: merged, offsets)
        return (inner ?? outer).encoder.forward(merged, offsets, pass)
    }

    private func ofRecords(_ sequences: FrameworkInput.Sequences) -> SequenceOffsets {
        inner == nil ? sequences.applicants : sequences.items
    }

    /// Gradient of ``states(_:_:_:_:)`` → gradients of the weights.
    func backward(
        states upstream: Rows, _ input: FrameworkInput, _ sequences: FrameworkInput.Sequences, _ tape: TransformerEncoder.Tape,
        _ attention: ArraySlice<FieldAttention.Tape>, _ pass: Pass
    ) {
        let gradient = (inner ?? outer).encoder.backward(upstream, ofRecords(sequences), tape, pass)
        backward(merged: gradient, input, sequences, attention, pass)
    }

    /// Gradient of the output → gradients of the weights; `attention` are the tapes of its tables in their order.
    func backward(
        _ upstream: Rows, _ input: FrameworkInput, _ sequences: FrameworkInput.Sequences, _ tape: Tape,
        _ attention: ArraySlice<FieldAttention.Tape>, _ pass: Pass
    ) {
        var gradient = outer.backward(upstream, sequences.applicants, tape.outer, pass)
        if let inner, let own = tape.inner { gradient = inner.backward(gradient, sequences.items, own, pass) }
        backward(merged: gradient, input, sequences, attention, pass)
    }

    private func backward(
        merged gradient: Rows, _ input: FrameworkInput, _ sequences: FrameworkInput.Sequences, _ attention: ArraySlice<FieldAttention.Tape>,
        _ pass: Pass
    ) {
        for (place, table) in members.enumerated() {
            let fields = input.tables[table]
            let own = pass.workspace.rows(fields.count, width)
            let type = types.map { pass.gradient($0) + place * width }
            var next = 0
            for record in 0..<sequences.records where sequences.types[record] == Int32(place) {
                own[next].update(from: gradient[record], count: width)
                if let type { for column in 0..<width { type[column] += gradient[record][column] } }
                next += 1
            }
            guard fields.count > 0 else { continue }
            vectors[place].backward(attentions[place].backward(own, attention[attention.startIndex + place], pass), fields, pass)
        }
    }
}
