internal import SequenceKernel

/// Sessions of behaviours → the last session's intention and the habit over all of them.
struct SessionEncoder: Sendable {
    private let width: Int
    private let embedding: Embedding
    /// Weekday and day of month; nil where no recurrence reads them.
    private let weekday: Embedding?
    private let day: Embedding?
    private let fields: FieldMap?
    private let behaviours: Recurrence
    /// Nil where all behaviours are read as one sequence.
    private let sessions: Recurrence?
    private let last: Pooling
    /// 7 weekdays and 31 days of a month.
    static let calendarRows = 38

    /// A recurrence that knows a context (and times), or a plain one.
    private enum Recurrence: Sendable {
        case aware(ContextGRUEncoder)
        case plain(GRUEncoder)
    }

    /// What backward needs of one.
    fileprivate enum RecurrenceTape {
        case aware(ContextGRUEncoder.Tape)
        case plain(GRUEncoder.Tape)
    }

    init(_ settings: IntentionHabitSettings, vocabulary: Int, in scope: inout ParameterScope) {
        let (width, states) = (settings.embeddingWidth, settings.stateWidth)
        self.width = width
        func table(_ name: String, _ count: Int) -> Embedding {
            scope.scope(name) {
                let isDense = max(vocabulary, Self.calendarRows) * width <= Embedding.smallTable
                return Embedding(count: count, width: width, initializer: .normal(0.3), isDense: isDense, in: &$0)
            }
        }
        let timeAware = settings.timeAware && settings.sessions
        embedding = table("behaviour", vocabulary)
        let knowsCalendar = timeAware && settings.calendar
        weekday = knowsCalendar ? table("weekday", 7) : nil
        day = knowsCalendar ? table("day", 31) : nil
        fields =
            settings.fieldMaps
            ? scope.scope("field") {
                FieldMap(fields: Int(IntentionHabitInputs.calendarField) + 1, inputs: width, outputs: width, in: &$0)
            } : nil
        behaviours = scope.scope("intention") { scope in
            guard timeAware else { return .plain(GRUEncoder(inputs: width, width: states, in: &scope)) }
            let form = ContextGRUForm(
                timeGate: ContextGRUForm.TimeGate(rawValue: settings.timeGate) ?? .literal,
                candidateSeesRawState: settings.candidateSeesRawState)
            return .aware(ContextGRUEncoder(inputs: width, width: states, context: knowsCalendar ? 2 * width : 0, form: form, in: &scope))
        }
        sessions =
            settings.sessions
            ? scope.scope("habit") { scope in
                guard settings.contextAware else { return .plain(GRUEncoder(inputs: states, width: states, in: &scope)) }
                return .aware(ContextGRUEncoder(inputs: states, width: states, context: 2 * width, form: .contextAware, in: &scope))
            } : nil
        last = Pooling(.last, width: states, in: &scope)
    }

    /// What backward needs.
    struct Tape {
        fileprivate let behaviours: RecurrenceTape
        fileprivate let sessions: RecurrenceTape?
        fileprivate let fields: FieldMap.Tape?
        fileprivate let states: Pooling.Tape
        fileprivate let intentions: Pooling.Tape?
        fileprivate let habits: Pooling.Tape?
        /// Rows of behaviours and calendar.
        fileprivate let count: (behaviours: Int, sessions: Int)
    }

    /// - Parameter context: vectors of applicant and product, `[B, 2 E]`.
    /// - Returns: last intention and habit, `[B, H]` each; as one sequence, zeros and its last state.
    func forward(
        _ input: IntentionHabitInput.History, context: Rows, _ pass: Pass
    ) -> (intention: Rows, habit: Rows, tape: Tape) {
        let (vectors, calendar, fieldTape) = embed(input, pass)
        guard let sessions else {
            let (states, tape) = run(behaviours, vectors, input.flat, times: nil, context: nil, pass)
            let (habit, lastTape) = last.forward(states, input.flat, pass)
            let intention = pass.workspace.rows(habit.count, habit.width)
            intention.clear()
            return (
                intention, habit,
                Tape(
                    behaviours: tape, sessions: nil, fields: fieldTape, states: lastTape, intentions: nil, habits: nil,
                    count: (vectors.count, input.sessions.count))
            )
        }
        let (states, tape) = run(behaviours, vectors, input.sessions, times: input.times, context: calendar, pass)
        let (intentions, statesTape) = last.forward(states, input.sessions, pass)
        let (intention, intentionTape) = last.forward(intentions, input.applicants, pass)
        let (habits, sessionTape) = run(sessions, intentions, input.applicants, times: nil, context: context, pass)
        let (habit, habitTape) = last.forward(habits, input.applicants, pass)
        return (
            intention, habit,
            Tape(
                behaviours: tape, sessions: sessionTape, fields: fieldTape, states: statesTape, intentions: intentionTape,
                habits: habitTape, count: (vectors.count, input.sessions.count))
        )
    }

    /// Whether no table's gradient is noted for after the shards: all are small. Fields' maps are then applied to the tables and not to
    /// the rows looked up, which a rectifier allows: no amount is negative, so `max(0, W a e) = a max(0, W e)`.
    var notesNoRows: Bool { embedding.isDense }

    /// Vectors of behaviours, `[N, E]`.
    func vectors(_ input: IntentionHabitInput.History, _ pass: Pass) -> Rows { embed(input, pass).behaviours }

    /// Vectors of behaviours `[N, E]`, and of the sessions' calendar `[S, 2 E]` where a recurrence reads it.
    private func embed(
        _ input: IntentionHabitInput.History, _ pass: Pass
    ) -> (behaviours: Rows, calendar: Rows?, fields: FieldMap.Tape?) {
        if let fields, notesNoRows { return embedMapped(input, fields, pass) }
        let count = input.sessions.rowCount, sessionCount = weekday == nil ? 0 : input.sessions.count
        var rows = pass.workspace.rows(count + 2 * sessionCount, width)
        embedding.forward(input.behaviours, rows: count, into: rows.base, stride: width, pass)
        scale(rows.rows(0..<count), by: input.scales)
        if let weekday, let day {
            weekday.forward(input.calendar, rows: sessionCount, into: rows[count], stride: width, pass)
            day.forward(input.calendar + sessionCount, rows: sessionCount, into: rows[count + sessionCount], stride: width, pass)
        }
        var tape: FieldMap.Tape?
        if let fields {
            let (mapped, own) = fields.forward(rows, fields: input.fields, pass)
            (rows, tape) = (mapped, own)
        }
        guard weekday != nil else { return (rows, nil, tape) }
        let calendar = pass.workspace.rows(sessionCount, 2 * width)
        for session in 0..<sessionCount {
            calendar[session].update(from: rows[count + session], count: width)
            (calendar[session] + width).update(from: rows[count + sessionCount + session], count: width)
        }
        return (rows.rows(0..<count), calendar, tape)
    }

    private func embedMapped(
        _ input: IntentionHabitInput.History, _ fields: FieldMap, _ pass: Pass
    ) -> (behaviours: Rows, calendar: Rows?, fields: FieldMap.Tape?) {
        let count = input.sessions.rowCount, sessions = input.sessions.count, vocabulary = embedding.count
        embedding.check(input.behaviours, count)
        let tables = pass.workspace.rows(vocabulary + (weekday == nil ? 0 : Self.calendarRows), width)
        tables.base.update(from: pass.weights(embedding.table), count: vocabulary * width)
        if let weekday, let day {
            tables[vocabulary].update(from: pass.weights(weekday.table), count: weekday.count * width)
            tables[vocabulary + weekday.count].update(from: pass.weights(day.table), count: day.count * width)
        }
        let (mapped, tape) = fields.forward(tables, fields: input.tableFields, pass)
        let behaviours = pass.workspace.rows(count, width)
        fieldLoops.scaledRows(count, width, mapped.base, input.behaviours, input.scales, behaviours.base, width)
        guard let weekday else { return (behaviours, nil, tape) }
        let calendar = pass.workspace.rows(sessions, 2 * width)
        vectorLoops.gatherRows(sessions, width, mapped[vocabulary], input.calendar, calendar.base, 2 * width)
        vectorLoops.gatherRows(
            sessions, width, mapped[vocabulary + weekday.count], input.calendar + sessions, calendar.base + width, 2 * width)
        return (behaviours, calendar, tape)
    }

    private func embedMappedBackward(
        _ vectors: Rows, _ calendar: Rows?, _ input: IntentionHabitInput.History, _ fields: FieldMap, _ tape: FieldMap.Tape, _ pass: Pass
    ) {
        let vocabulary = embedding.count, sessions = input.sessions.count
        let mapped = pass.workspace.rows(vocabulary + (weekday == nil ? 0 : Self.calendarRows), width)
        mapped.clear()
        fieldLoops.accumulateRows(vectors.count, width, input.behaviours, input.scales, vectors.base, width, mapped.base)
        if let weekday, let calendar {
            fieldLoops.accumulateRows(sessions, width, input.calendar, nil, calendar.base, 2 * width, mapped[vocabulary])
            fieldLoops.accumulateRows(
                sessions, width, input.calendar + sessions, nil, calendar.base + width, 2 * width, mapped[vocabulary + weekday.count])
        }
        let tables = fields.backward(mapped, tape, pass)
        func add(_ table: Embedding, from row: Int) {
            let gradient = pass.gradient(table.table)
            vectorLoops.add(table.count * width, gradient, tables[row], gradient)
        }
        add(embedding, from: 0)
        if let weekday, let day {
            add(weekday, from: vocabulary)
            add(day, from: vocabulary + weekday.count)
        }
    }

    private func scale(_ rows: Rows, by factors: UnsafePointer<Float>) {
        for row in 0..<rows.count where factors[row] != 1 {
            for column in 0..<rows.width { rows[row][column] *= factors[row] }
        }
    }

    private func run(
        _ recurrence: Recurrence, _ rows: Rows, _ offsets: SequenceOffsets, times: UnsafePointer<Float>?, context: Rows?, _ pass: Pass
    ) -> (states: Rows, tape: RecurrenceTape) {
        switch recurrence {
        case .aware(let encoder):
            let hasGate = encoder.cell.form.timeGate != .none
            let (states, tape) = encoder.forward(rows, offsets, times: hasGate ? times : nil, context: context, pass)
            return (states, .aware(tape))
        case .plain(let encoder):
            let (states, tape) = encoder.forward(rows, offsets, pass)
            return (states, .plain(tape))
        }
    }

    private func back(
        _ recurrence: Recurrence, _ upstream: Rows, _ offsets: SequenceOffsets, _ tape: RecurrenceTape, _ pass: Pass
    ) -> (rows: Rows, context: Rows?) {
        switch (recurrence, tape) {
        case (.aware(let encoder), .aware(let tape)):
            let (rows, context) = encoder.backward(upstream, offsets, tape, pass)
            return (rows, context)
        case (.plain(let encoder), .plain(let tape)): return (encoder.backward(upstream, offsets, tape, pass), nil)
        default: preconditionFailure("SessionEncoder.backward: the tape is another recurrence's")
        }
    }

    /// Gradients of intention and habit → gradient of the context, nil where nothing reads it.
    func backward(_ intention: Rows, _ habit: Rows, _ input: IntentionHabitInput.History, _ tape: Tape, _ pass: Pass) -> Rows? {
        guard let sessions, let sessionTape = tape.sessions, let intentionTape = tape.intentions, let habitTape = tape.habits else {
            let states = last.backward(habit, input.flat, tape.states, pass)
            embedBackward(back(behaviours, states, input.flat, tape.behaviours, pass).rows, nil, input, tape, pass)
            return nil
        }
        let habits = last.backward(habit, input.applicants, habitTape, pass)
        let (intentions, context) = back(sessions, habits, input.applicants, sessionTape, pass)
        let direct = last.backward(intention, input.applicants, intentionTape, pass)
        for index in 0..<intentions.scalarCount { intentions.base[index] += direct.base[index] }
        let states = last.backward(intentions, input.sessions, tape.states, pass)
        let (vectors, calendar) = back(behaviours, states, input.sessions, tape.behaviours, pass)
        embedBackward(vectors, calendar, input, tape, pass)
        return context
    }

    private func embedBackward(
        _ vectors: Rows, _ calendar: Rows?, _ input: IntentionHabitInput.History, _ tape: Tape, _ pass: Pass
    ) {
        if let fields, let own = tape.fields, notesNoRows {
            return embedMappedBackward(vectors, calendar, input, fields, own, pass)
        }
        let count = tape.count.behaviours, sessionCount = calendar == nil ? 0 : tape.count.sessions
        var rows = pass.workspace.rows(count + 2 * sessionCount, width)
        rows.base.update(from: vectors.base, count: vectors.scalarCount)
        if let calendar {
            for session in 0..<sessionCount {
                rows[count + session].update(from: calendar[session], count: width)
                rows[count + sessionCount + session].update(from: calendar[session] + width, count: width)
            }
        }
        if let fields, let own = tape.fields { rows = fields.backward(rows, own, pass) }
        scale(rows.rows(0..<count), by: input.scales)
        embedding.backward(rows.base, stride: width, input.behaviours, rows: count, pass)
        guard let weekday, let day, sessionCount > 0 else { return }
        weekday.backward(rows[count], stride: width, input.calendar, rows: sessionCount, pass)
        day.backward(rows[count + sessionCount], stride: width, input.calendar + sessionCount, rows: sessionCount, pass)
    }
}
