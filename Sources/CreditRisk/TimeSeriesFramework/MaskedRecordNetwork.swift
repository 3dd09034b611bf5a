package import SequenceKernel

/// Hidden records are told from those around them: the masked events of the session encoder (systems.md 1) on the records of raw tables, so
/// that applicants without a known outcome teach, too.
///
///     hidden records: no field is read → vectors → field attention → Transformer → state s of each record, before pooling
///     category   cross-entropy of softmax(W s + b) over the categories learnt          number   (w s + b − standardised value)² / 2
///
/// Values that are missing by a code of their own and unknown categories are never asked for, nor intervals, which the neighbours tell anyway.
/// Where items are sequences, the
/// encoder of their records learns; the one over items, pooling, profile and head keep their first weights.
package struct MaskedRecordNetwork: Sendable {
    let network: FrameworkNetwork
    /// Those of the network, by the same names, and the heads of the fields.
    package let parameters: ParameterScope
    /// By history and table of it.
    private let heads: [[[FieldHead]]]

    private struct FieldHead: Sendable {
        let field: Int
        /// The number's float in a record; nil for a category.
        let float: Int?
        let map: Linear
    }

    package init(_ encoder: FrameworkEncoder, _ settings: FrameworkSettings) {
        var scope = ParameterScope()
        network = FrameworkNetwork(encoder, settings, in: &scope)
        var heads: [[[FieldHead]]] = []
        for (place, history) in network.histories.enumerated() {
            heads.append(
                history.members.enumerated().map { member, table in
                    var (own, float) = ([FieldHead](), 0)
                    for (field, encoded) in encoder.fields[table].fields.enumerated() {
                        var (outputs, isNumber) = (0, false)
                        switch encoded.source {
                        case .category: outputs = encoded.categories.count > 1 ? encoded.categories.count : 0
                        case .number: (outputs, isNumber) = (1, true)
                        case .interval, .bucket, .vector: break
                        }
                        if outputs > 0 {
                            let map = scope.scope("masked.\(place).\(member).\(field)") {
                                Linear(inputs: settings.width, outputs: outputs, in: &$0)
                            }
                            own.append(FieldHead(field: field, float: isNumber ? float : nil, map: map))
                        }
                        float += encoded.floats
                    }
                    return own
                })
        }
        (self.heads, parameters) = (heads, scope)
    }

    /// Whether no table's gradient is noted for after the shards.
    var notesNoRows: Bool { network.notesNoRows }

    /// Questions that a record of a table is asked when it is hidden, by table; 0 for tables without category or number.
    func questions(tables: Int) -> [Int] {
        var questions = [Int](repeating: 0, count: tables)
        for (history, own) in zip(network.histories, heads) {
            for (table, heads) in zip(history.members, own) { questions[table] += heads.count }
        }
        return questions
    }

    /// Weights as pre-training begins with them.
    package func weights(seed: UInt64) -> ParameterVector {
        let weights = ParameterVector(parameters, seed: seed)
        for history in network.histories { for vectors in history.vectors { vectors.clearUnseen(weights) } }
        return weights
    }

    /// Gives what was learnt to a network that outcomes will teach; places where there is nothing stay zero.
    package func hand(_ learnt: ParameterVector, to weights: ParameterVector) {
        let own = Dictionary(learnt.parameters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for target in weights.parameters where isTaught(target.name) {
            guard let source = own[target.name] else { preconditionFailure("MaskedRecordNetwork: there is no \(target.name)") }
            weights.pointer(target).update(from: learnt.pointer(source), count: target.count)
        }
        for history in network.histories { for vectors in history.vectors { vectors.clearPadding(weights) } }
    }

    /// Whether hidden records teach a parameter; of the others the optimiser's decay is all that would be handed over.
    func isTaught(_ name: String) -> Bool {
        for (place, history) in network.histories.enumerated() {
            let prefix = "histories.\(place).", level = history.isNested ? "records." : "items."
            guard name.hasPrefix(prefix), heads[place].contains(where: { !$0.isEmpty }) else { continue }
            let own = name.dropFirst(prefix.count)
            return own == "types" || own.hasPrefix("tables.") || own.hasPrefix(level) && !own.hasPrefix(level + "pooling")
        }
        return false
    }

    /// What backward needs; its lists are reused from step to step.
    package struct Tape {
        var input: FrameworkInput?
        var attention: [FieldAttention.Tape] = []
        var encoders: [TransformerEncoder.Tape] = []
        fileprivate var asked: [Asked] = []
        /// Gradients of what each head said, in the order of the heads.
        fileprivate var answers: [Rows] = []

        package init() {}
    }

    /// Hidden records of one table in a history.
    fileprivate struct Asked {
        let count: Int
        /// Where they stand in the history, `[M]`.
        let rows: UnsafeMutablePointer<Int32>
        /// Their states, `[M, E]`.
        let states: Rows
    }

    /// → the sum of the losses of all fields that are asked for, times `factor`.
    /// - Parameter hidden: by table, 1 for each record that is hidden, `[N]`; their fields are taken out of `input`.
    func forward(
        _ input: FrameworkInput, hidden: WorkspaceList<UnsafeMutablePointer<Int32>>, _ encoder: FrameworkEncoder, factor: Float,
        _ pass: Pass,
        _ tape: inout Tape
    ) -> Double {
        tape.attention.removeAll(keepingCapacity: true)
        tape.encoders.removeAll(keepingCapacity: true)
        tape.asked.removeAll(keepingCapacity: true)
        tape.answers.removeAll(keepingCapacity: true)
        tape.input = input
        var values = WorkspaceList<UnsafeMutablePointer<Float>>(capacity: input.tables.count, in: pass.workspace)
        for table in input.tables.indices {
            values.append(Self.hide(input.tables[table], encoder.fields[table], hidden[table], pass.workspace))
        }
        var loss = 0.0
        for (place, history) in network.histories.enumerated() {
            let (states, encoder) = history.states(input, input.histories[place], pass, &tape.attention)
            if pass.isTraining { tape.encoders.append(encoder) }
            for (member, table) in history.members.enumerated() {
                let (asked, own) = Self.asked(states, input, input.histories[place], member, table, hidden[table], pass)
                tape.asked.append(asked)
                for head in heads[place][member] {
                    let answers = head.map.forward(asked.states, pass).output
                    loss += Self.loss(answers, head, input.tables[table], own, asked.count, values[table], factor, pass)
                    tape.answers.append(answers)
                }
            }
        }
        return loss
    }

    /// Takes the fields of hidden records away.
    /// - Returns: the floats as they were.
    private static func hide(
        _ fields: FrameworkInput.Fields, _ set: FieldSet, _ hidden: UnsafeMutablePointer<Int32>, _ workspace: Workspace
    ) -> UnsafeMutablePointer<Float> {
        let (width, floats) = (set.fields.count, set.width)
        let values = workspace.floats(fields.count * floats)
        values.update(from: fields.floats, count: fields.count * floats)
        for record in 0..<fields.count where hidden[record] == 1 {
            for field in 0..<width { fields.places[record * width + field] = set.bases[field] + FieldCode.padding }
            (fields.floats + record * floats).update(repeating: 0, count: floats)
        }
        return values
    }

    /// States of the hidden records of a table, and which records of the table they are.
    private static func asked(
        _ states: Rows, _ input: FrameworkInput, _ sequences: FrameworkInput.Sequences, _ member: Int, _ table: Int,
        _ hidden: UnsafeMutablePointer<Int32>, _ pass: Pass
    ) -> (Asked, records: UnsafeMutablePointer<Int32>) {
        let most = input.tables[table].count
        let (rows, records) = (pass.workspace.integers(most), pass.workspace.integers(most))
        var (count, next) = (0, 0)
        for row in 0..<sequences.records where sequences.types[row] == Int32(member) {
            if hidden[next] == 1 {
                (rows[count], records[count]) = (Int32(row), Int32(next))
                count += 1
            }
            next += 1
        }
        let own = pass.workspace.rows(count, states.width)
        for place in 0..<count { own[place].update(from: states[Int(rows[place])], count: states.width) }
        return (Asked(count: count, rows: rows, states: own), records)
    }

    /// The loss; answers become its gradient.
    private static func loss(
        _ answers: Rows, _ head: FieldHead, _ fields: FrameworkInput.Fields, _ records: UnsafeMutablePointer<Int32>, _ count: Int,
        _ values: UnsafeMutablePointer<Float>, _ factor: Float, _ pass: Pass
    ) -> Double {
        guard let float = head.float else {
            let targets = pass.workspace.integers(count)
            for place in 0..<count { targets[place] = fields.code(Int(records[place]), head.field) - FieldCode.first }
            return SoftmaxCrossEntropy().lossAndGradient(answers, targets: targets, factor: factor).sum
        }
        var loss = 0.0
        for place in 0..<count {
            let record = Int(records[place])
            guard fields.code(record, head.field) >= FieldCode.first else {
                answers[place][0] = 0
                continue
            }
            let difference = answers[place][0] - values[record * fields.floatCount + float]
            loss += Double(factor) * Double(difference) * Double(difference) / 2
            answers[place][0] = factor * difference
        }
        return loss
    }

    /// Gradients of the weights, after ``forward(_:hidden:_:factor:_:_:)``.
    func backward(_ tape: Tape, _ pass: Pass) {
        guard let input = tape.input else { return }
        var (asked, answer, first) = (0, 0, 0)
        for (place, history) in network.histories.enumerated() {
            let gradient = pass.workspace.rows(input.histories[place].records, history.width)
            gradient.clear()
            for member in history.members.indices {
                let own = tape.asked[asked]
                asked += 1
                for head in heads[place][member] {
                    let back = head.map.backward(tape.answers[answer], own.states, pass)
                    answer += 1
                    for row in 0..<own.count {
                        let target = gradient[Int(own.rows[row])]
                        for column in 0..<history.width { target[column] += back[row][column] }
                    }
                }
            }
            let last = first + history.members.count
            history.backward(
                states: gradient, input, input.histories[place], tape.encoders[place], tape.attention[first..<last], pass)
            first = last
        }
    }
}
