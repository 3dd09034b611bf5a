package import SequenceKernel

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Applicants as the network reads them; memory of the caller's.
package struct IntentionHabitInput {
    /// Standardised profile of each group, `[B, C]`, in the order of ``ProfileTable/Group``; C may be 0.
    package var profile: (user: Rows, device: Rows, item: Rows)
    /// What they did; nil where both sequence slots are zero.
    package var history: History?

    /// Sequences of sequences: N behaviours in S sessions of B applicants.
    package struct History {
        /// Numbers in the vocabulary, `[N]`.
        package let behaviours: UnsafeMutablePointer<Int32>
        /// What each behaviour's embedding is multiplied by, `[N]`: log(1 + amount) over its deviation for money operations, else 1.
        package let scales: UnsafeMutablePointer<Float>
        /// Time before each, `[N]`.
        package let times: UnsafeMutablePointer<Float>
        /// Weekday of each session, then day of month of each, `[2 S]`.
        package let calendar: UnsafeMutablePointer<Int32>
        /// Field of each behaviour, then that of the calendar's rows, `[N + 2 S]`.
        package let fields: UnsafeMutablePointer<Int32>
        /// Field of each number of the vocabulary, then that of the calendar's 7 weekdays and 31 days, `[V + 38]`.
        let tableFields: UnsafeMutablePointer<Int32>
        /// Behaviours of sessions.
        package let sessions: SequenceOffsets
        /// Sessions of applicants.
        package let applicants: SequenceOffsets
        /// Behaviours of applicants.
        package let flat: SequenceOffsets
    }
}

/// What stands between examples and the network: scales fitted on what was learnt from.
package struct IntentionHabitInputs: Sendable, Equatable, Codable {
    /// Of the applicant, the device and the product.
    var user: ProfileScale
    var device: ProfileScale
    var item: ProfileScale
    /// 1 / standard deviation of log(1 + amount).
    var amountScale: Float
    /// Number of the field of each behaviour of the vocabulary.
    package private(set) var fields: [Int32]
    /// What the seconds between behaviours become.
    var times: TimeScale

    /// The field of weekdays and days of month: the one after those of the categories.
    static let calendarField = Int32(BehaviourCategory.allCases.count)

    /// Fitted on examples learnt from.
    package init(_ examples: [IntentionHabitExamples], _ vocabulary: BehaviourVocabulary, _ settings: IntentionHabitSettings) {
        let tables = examples.map(\.profile)
        user = ProfileScale(tables, .user)
        device = ProfileScale(tables, .device)
        item = ProfileScale(tables, .item)
        amountScale = 1 / (examples.lazy.compactMap(\.histories).first?.amountDeviation ?? 1)
        fields = Self.fields(vocabulary)
        times = TimeScale(settings, examples.lazy.compactMap(\.histories).first)
    }

    private static func fields(_ vocabulary: BehaviourVocabulary) -> [Int32] {
        vocabulary.entries.map { Int32(BehaviourCategory.allCases.firstIndex(of: $0.category)!) }
    }

    /// Whether a file holds what a training could have given.
    func isWhole(_ vocabulary: BehaviourVocabulary) -> Bool {
        user.isWhole && device.isWhole && item.isWhole && amountScale.isFinite && amountScale > 0 && times.isWhole
            && fields == Self.fields(vocabulary)
    }

    /// Floats of each profile group as the network reads it.
    package var columns: [Int] { ProfileTable.Group.allCases.map { scale($0).width } }

    /// Floats of each profile group as examples have them.
    var columnsRead: [Int] { ProfileTable.Group.allCases.map { scale($0).means.count } }

    /// The scale of a group.
    func scale(_ group: ProfileTable.Group) -> ProfileScale {
        switch group {
        case .user: user
        case .device: device
        case .item: item
        }
    }

    /// Some applicants as the network reads them, in the workspace.
    package func input(
        _ examples: IntentionHabitExamples, _ applicants: some RandomAccessCollection<Int>, withHistory: Bool, _ workspace: Workspace
    ) -> IntentionHabitInput {
        func rows(_ group: ProfileTable.Group) -> Rows {
            let scale = scale(group), columns = scale.means.count
            let result = workspace.rows(applicants.count, scale.width)
            examples.profile.floats(group).withUnsafeBufferPointer { source in
                guard let base = source.baseAddress, columns > 0 else { return }
                for (place, applicant) in applicants.enumerated() { scale.write(base + applicant * columns, to: result[place]) }
            }
            return result
        }
        return IntentionHabitInput(
            profile: (rows(.user), rows(.device), rows(.item)),
            history: withHistory ? examples.histories.map { history($0, applicants, workspace) } : nil)
    }

    private func history(
        _ source: SessionHistories, _ applicants: some RandomAccessCollection<Int>, _ workspace: Workspace
    ) -> IntentionHabitInput.History {
        var (sessionCount, count) = (0, 0)
        for applicant in applicants {
            let own = source.applicants[applicant]..<source.applicants[applicant + 1]
            sessionCount += own.count
            count += source.sessions[own.upperBound] - source.sessions[own.lowerBound]
        }
        let behaviours = workspace.integers(max(1, count)), scales = workspace.floats(max(1, count)),
            times = workspace.floats(max(1, count))
        let calendar = workspace.integers(max(1, 2 * sessionCount)), fields = workspace.integers(max(1, count + 2 * sessionCount))
        let sessions = workspace.integers(sessionCount + 1)
        let bounds = workspace.integers(applicants.count + 1), flat = workspace.integers(applicants.count + 1)
        (sessions[0], bounds[0], flat[0]) = (0, 0, 0)
        var (row, session) = (0, 0)
        for (place, applicant) in applicants.enumerated() {
            for own in source.applicants[applicant]..<source.applicants[applicant + 1] {
                calendar[session] = source.weekdays[own]
                calendar[sessionCount + session] = source.days[own]
                for behaviour in source.sessions[own]..<source.sessions[own + 1] {
                    behaviours[row] = source.behaviours[behaviour]
                    fields[row] = self.fields[Int(source.behaviours[behaviour])]
                    let amount = source.amounts[behaviour]
                    scales[row] = amount.isNaN ? 1 : amount * amountScale
                    times[row] = self.times(source.gaps[behaviour], isFirst: behaviour == source.sessions[own])
                    row += 1
                }
                session += 1
                sessions[session] = Int32(row)
            }
            bounds[place + 1] = Int32(session)
            flat[place + 1] = Int32(row)
        }
        for place in count..<count + 2 * sessionCount { fields[place] = Self.calendarField }
        let tableFields = workspace.integers(self.fields.count + SessionEncoder.calendarRows)
        for place in self.fields.indices { tableFields[place] = self.fields[place] }
        for place in 0..<SessionEncoder.calendarRows { tableFields[self.fields.count + place] = Self.calendarField }
        return IntentionHabitInput.History(
            behaviours: behaviours, scales: scales, times: times, calendar: calendar, fields: fields, tableFields: tableFields,
            sessions: SequenceOffsets(sessions, count: sessionCount), applicants: SequenceOffsets(bounds, count: applicants.count),
            flat: SequenceOffsets(flat, count: applicants.count))
    }
}
