public import CreditRisk
public import DurableFiles
internal import EventStream

/// Takes: card applications and one status a month of each card.   Gives: examples for a teacher that reads the first year and a student
/// that does not.
///
/// ```
/// applications with equal fields → one person
/// statuses, months counted back from the extract → the card's months from 1 on → months 1–12 observed, months 13–24 the outcome
/// ```
/// The month of opening is the first that has a status. A card counts if 24 months lie between it and the extract and it still had a status
/// in month 13 or later: what was closed before cannot have the outcome. Statuses: X no loan, C paid off, 0 up to 29 days late, 1 from 30
/// days, 2 from 60 days, … 5 over 150 days or written off.
public struct MonthlyCards: Sendable {
    /// One card that counts.
    public struct Card: Sendable, Equatable {
        /// Number of the person: cards with equal application fields have one.
        public var person: UInt64
        /// Months from its opening to the extract.
        public var openedMonthsBack: Int
        /// Statuses of months 1 to 12, "" where there is none.
        public var firstYear: [String]
        /// Whether it was 60 or more days late in any of months 13 to 24.
        public var isOverdue: Bool
        /// Whether it was so in months 1 to 12 already.
        public var wasOverdue: Bool
    }

    /// What was found, and what was left out why.
    public struct Counts: Sendable, Equatable {
        /// Cards with an application and a status.
        public var cards = 0
        /// Persons they belong to.
        public var persons = 0
        /// Cards opened less than 24 months before the extract.
        public var tooYoung = 0
        /// Cards without a status from month 13 on.
        public var closedBefore = 0
        /// Rows of the statuses whose card has no application.
        public var rowsWithoutApplication = 0
    }

    /// Months observed, and months until the outcome is known.
    public static let observed = 12, horizon = 24
    /// A month of the calendar on average, in seconds.
    static let month: Int64 = 2_629_746

    /// Cards that count, in the order of the applications.
    public let cards: [Card]
    /// Application fields of these cards, as columns.
    public let applications: CreditTable
    /// What was found.
    public let counts: Counts
    private let decisions: [Int64]

    /// Reads both tables, plain or compressed.
    /// - Throws: ``StudyError/badTable(file:line:reason:)`` for rows that cannot be read; ``CreditBaselineError`` for columns that cannot.
    public init(applications: String, statuses: String, in fileSystem: FileSystem = .live) throws {
        let own = try CreditRows(applications, in: fileSystem), months = try CreditRows(statuses, in: fileSystem)
        try self.init(applications: own, statuses: months)
    }

    init(applications: CreditRows, statuses: CreditRows) throws {
        let id = try applications.column("ID"), fields = applications.names.indices.filter { $0 != id }
        var (rowOfCard, persons, personOfRow): ([String: Int], [[String]: UInt64], [UInt64]) = ([:], [:], [])
        var texts: [[String]] = []
        try applications.forEach { line, row in
            let own = fields.map { row.text($0) }
            let person = persons[own] ?? UInt64(persons.count)
            persons[own] = person
            guard rowOfCard.updateValue(texts.count, forKey: row.text(id)) == nil else {
                throw StudyError.badTable(file: applications.path, line: line, reason: "its card came before")
            }
            personOfRow.append(person)
            texts.append(own)
        }
        var history = [[(back: Int, status: String)]](repeating: [], count: texts.count)
        var counts = Counts()
        let (card, back, status) = (try statuses.column("ID"), try statuses.column("MONTHS_BALANCE"), try statuses.column("STATUS"))
        try statuses.forEach { line, row in
            guard let number = rowOfCard[row.text(card)] else {
                counts.rowsWithoutApplication += 1
                return
            }
            guard let months = Int(row.text(back)), (-1_000...0).contains(months), !row.text(status).isEmpty else {
                throw StudyError.badTable(
                    file: statuses.path, line: line, reason: "the month is not 0 or less, or there is no status")
            }
            history[number].append((-months, row.text(status)))
        }
        var (kept, cards): ([Int], [Card]) = ([], [])
        for (row, own) in history.enumerated() where !own.isEmpty {
            counts.cards += 1
            guard let card = Card(person: personOfRow[row], own, &counts) else { continue }
            kept.append(row)
            cards.append(card)
        }
        counts.persons = Set(history.indices.filter { !history[$0].isEmpty }.map { personOfRow[$0] }).count
        (self.cards, self.counts) = (cards, counts)
        self.applications = try CreditTable(
            customers: cards.map(\.person), outcomes: cards.map { $0.isOverdue ? 1 : 0 },
            columns: fields.enumerated().map { place, field in
                Self.column(applications.names[field], kept.map { texts[$0][place] })
            })
        decisions = Self.decisions(cards)
    }

    /// Numbers where all values are numbers, else categories. A positive number of days employed stands for no employment.
    private static func column(_ name: String, _ texts: [String]) -> CreditTable.Column {
        let numbers = texts.map { $0.isEmpty ? Float.nan : Float($0) }
        guard numbers.allSatisfy({ $0 != nil }), texts.contains(where: { !$0.isEmpty }) else {
            return .categorical(name, texts.map { $0.isEmpty ? nil : $0 })
        }
        return .numeric(name, numbers.map { name == "DAYS_EMPLOYED" && $0! > 0 ? .nan : $0! })
    }

    /// How application fields become columns for who learns from these cards: others may not say which values are common enough.
    public func encoding(of training: [Int]) -> CreditEncoding { CreditEncoding(applications.selecting(training)) }

    /// What a teacher reads of some cards; its `preService` is what a student reads. The outcome is known 24 months after the opening.
    ///
    /// Times have whole months only, so that cards a person opened in one month are told apart by seconds.
    /// - Parameter encoding: see ``encoding(of:)``.
    /// - Throws: ``CreditBaselineError`` and ``StageDistillationError`` where the cards do not make examples.
    public func examples(of chosen: [Int], _ encoding: CreditEncoding) throws -> InServiceExamples {
        let own = applications.selecting(chosen)
        let profile = try ProfileFeatures(names: Self.names(encoding), count: chosen.count, values: encoding.floats(own))
        let window = try ServiceWindow(closes: Int64(Self.observed) * Self.month, outcomesFrom: Int64(Self.observed) * Self.month)
        var records = try InServiceRecords(RecordFields(categories: ["status"], numbers: ["bucket"]), window)
        for number in chosen {
            var rows: [ApplicantRecord] = []
            for (month, status) in cards[number].firstYear.enumerated() where !status.isEmpty {
                // How late: -1 without anything to pay.
                rows.append(
                    ApplicantRecord(
                        at: decisions[number] + Int64(month) * Self.month, categories: [status], numbers: [Float(status) ?? -1]))
            }
            try records.append(rows, after: decisions[number])
        }
        let before = try PreServiceExamples(
            customers: own.customers, decisions: chosen.map { decisions[$0] }, outcomes: own.outcomes,
            outcomeTimes: chosen.map { decisions[$0] + Int64(Self.horizon) * Self.month }, profile: profile)
        return try InServiceExamples(before, records: records)
    }

    private static func decisions(_ cards: [Card]) -> [Int64] {
        var taken = Set<[Int64]>()
        return cards.map { card in
            var decision = Int64(1_000 - card.openedMonthsBack) * month
            while !taken.insert([Int64(card.person), decision]).inserted { decision += 1 }
            return decision
        }
    }

    private static func names(_ encoding: CreditEncoding) -> [String] {
        encoding.columns.flatMap { column in
            guard let categories = column.categories else { return [column.name] }
            return (categories + ["(other)", "(missing)"]).map { "\(column.name)=\($0)" }
        }
    }
}

extension MonthlyCards.Card {
    /// Nil for a card that does not count.
    fileprivate init?(person: UInt64, _ history: [(back: Int, status: String)], _ counts: inout MonthlyCards.Counts) {
        let opened = history.reduce(0) { max($0, $1.back) }
        guard opened >= MonthlyCards.horizon - 1 else {
            counts.tooYoung += 1
            return nil
        }
        var months = [String](repeating: "", count: MonthlyCards.horizon)
        var isOpen = false
        for (back, status) in history {
            let month = opened - back
            if month < months.count { months[month] = status }
            if month >= MonthlyCards.observed { isOpen = true }
        }
        guard isOpen else {
            counts.closedBefore += 1
            return nil
        }
        func isLate(_ status: String) -> Bool { (Int(status) ?? 0) >= 2 }
        (self.person, openedMonthsBack) = (person, opened)
        firstYear = Array(months.prefix(MonthlyCards.observed))
        isOverdue = months.dropFirst(MonthlyCards.observed).contains(where: isLate)
        wasOverdue = firstYear.contains(where: isLate)
    }
}
