internal import CreditRisk
internal import Glibc

/// Card clients with six months of repayment state, bill and payment, and whether they defaulted the month after (UCI data set 350; Yeh and
/// Lien, 2009).
struct CardClients {
    /// The columns of the file.
    let plain: CreditTable
    /// The same, and features as an analyst would make them by hand.
    let featured: CreditTable
    /// Six records a client.
    let histories: FrameworkExamples

    var count: Int { plain.count }

    /// Ends of the months April to September 2005, and the day of the decision, in seconds since 1970.
    private static let months: [Int64] = [
        1_114_819_200, 1_117_497_600, 1_120_089_600, 1_122_768_000, 1_125_446_400, 1_128_038_400,
    ]
    private static let decision: Int64 = 1_128_124_800
    private static let file = "uci_credit_default/UCI_Credit_Card.csv.gz"

    /// Reads the set below a root.
    /// - Parameter rows: how many clients, from the first; nil for all.
    init(root: String, _ configuration: FrameworkConfiguration, rows: Int? = nil) throws {
        let path = "\(root)/\(Self.file)"
        guard FigureContext.exists(path) else {
            throw FigureError(code: 66, description: "\(path): it is not there; name the root of the sets with --data")
        }
        let table = try DelimitedTable(path, delimiter: ",")
        let count = min(rows ?? table.rows.count, table.rows.count)
        func numbers(_ name: String) throws -> [Float] { Array(try table.numbers(name)[..<count]) }
        func numbers(_ stem: String, first: String) throws -> [[Float]] {
            try ["6", "5", "4", "3", "2", first].map { try numbers(stem + $0) }
        }
        func named(_ names: String...) -> String { names.first { table.names.contains($0) } ?? names[0] }
        // Copies of the set differ in two names.
        let outcomes = try numbers(named("default.payment.next.month", "default payment next month"))
        let limits = try numbers("LIMIT_BAL"), ages = try numbers("AGE")
        // From April to September.
        let states = try numbers("PAY_", first: named("PAY_0", "PAY_1") == "PAY_0" ? "0" : "1"), bills = try numbers("BILL_AMT", first: "1")
        let payments = try numbers("PAY_AMT", first: "1")
        var texts: [String: [String]] = [:]
        for name in ["SEX", "EDUCATION", "MARRIAGE"] { texts[name] = Array(try table.texts(name)[..<count]) }
        var columns: [CreditTable.Column] = [.numeric("LIMIT_BAL", limits), .numeric("AGE", ages)]
        for name in texts.keys.sorted() { columns.append(.categorical(name, texts[name]!)) }
        for month in 0..<6 {
            columns += [
                .numeric("state \(month)", states[month]), .numeric("bill \(month)", bills[month]),
                .numeric("paid \(month)", payments[month]),
            ]
        }
        let customers = (0..<count).map { UInt64($0) }
        plain = try CreditTable(customers: customers, outcomes: outcomes, columns: columns)
        let made = HandMadeFeatures(limits: limits, states: states, bills: bills, payments: payments)
        featured = try CreditTable(customers: customers, outcomes: outcomes, columns: columns + made.columns)
        var applicants = ApplicantTable(configuration.applicants)
        var records = RecordTable(configuration.tables[0])
        func value(_ name: String, _ client: Int, _ month: Int) throws -> Double {
            let (limit, state) = (Double(limits[client]), Double(states[month][client]))
            let (bill, paid) = (Double(bills[month][client]), Double(payments[month][client]))
            switch name {
            case "state": return state
            case "late": return max(0, state)
            case "bill": return bill
            case "paid": return paid
            case "logBill": return bill < 0 ? -log1p(-bill) : log1p(bill)
            case "logPaid": return log1p(paid)
            case "utilisation": return bill / max(1, limit)
            case "paidOfLimit": return paid / max(1, limit)
            case "paidOfBill":
                let before = month > 0 ? Double(bills[month - 1][client]) : .nan
                return before > 0 ? min(2, paid / before) : .nan
            case "change": return month > 0 ? (bill - Double(bills[month - 1][client])) / max(1, limit) : .nan
            case "limit": return log1p(limit)
            case "age": return Double(ages[client])
            default: throw FigureError(code: 65, description: "credit-uci.yaml: no field of a month or client is called '\(name)'")
            }
        }
        for client in 0..<count {
            try applicants.append(
                key: "\(client)", decision: Self.decision * 1_000_000, outcome: outcomes[client],
                categorical: try configuration.applicants.categorical.map { name in
                    guard let own = texts[name] else {
                        throw FigureError(code: 65, description: "credit-uci.yaml: no category of a client is called '\(name)'")
                    }
                    return own[client]
                }, numeric: try configuration.applicants.numeric.map { try value($0, client, 5) })
            for month in 0..<6 {
                try records.append(
                    key: "\(client)", time: Self.months[month] * 1_000_000,
                    categorical: try configuration.tables[0].categorical.map { name in
                        let own = try value(name, client, month)
                        return own.isNaN ? nil : Int(exactly: own).map { "\($0)" } ?? "\(own)"
                    },
                    numeric: try configuration.tables[0].numeric.map { try value($0, client, month) })
            }
        }
        histories = try FrameworkExamples(configuration, applicants, [records])
    }

    private init(_ whole: CardClients, _ rows: [Int]) {
        (plain, featured) = (whole.plain.selecting(rows), whole.featured.selecting(rows))
        histories = whole.histories.subset(rows)
    }

    /// Some of the clients, by number.
    func selecting(_ rows: [Int]) -> CardClients { CardClients(self, rows) }

    /// Features and records, for a model that stacks.
    func stacked(_ rows: [Int]) throws -> StackedApplicants {
        try StackedApplicants(featured.selecting(rows), histories.subset(rows))
    }
}

/// Ratios, counts and trends over six months.
private struct HandMadeFeatures {
    let limits: [Float]
    /// `[6][B]` each, from April to September.
    let states: [[Float]]
    let bills: [[Float]]
    let payments: [[Float]]

    var columns: [CreditTable.Column] {
        var result: [CreditTable.Column] = []
        func add(_ name: String, _ value: (Int) -> Float) {
            result.append(.numeric(name, limits.indices.map { client in value(client) }))
        }
        func months(_ values: [[Float]], _ client: Int) -> [Float] { values.map { $0[client] } }
        for month in 0..<6 {
            add("utilisation \(month)") { bills[month][$0] / max(1, limits[$0]) }
            add("paid of limit \(month)") { payments[month][$0] / max(1, limits[$0]) }
            // What was paid in a month is paid on the bill of the month before.
            if month > 0 {
                add("paid of bill \(month)") { client in
                    let before = bills[month - 1][client]
                    return before > 0 ? min(10, payments[month][client] / before) : .nan
                }
                add("left open \(month)") { (bills[month - 1][$0] - payments[month][$0]) / max(1, limits[$0]) }
            }
        }
        add("months late") { months(states, $0).reduce(0) { $0 + ($1 > 0 ? 1 : 0) } }
        add("months two late") { months(states, $0).reduce(0) { $0 + ($1 > 1 ? 1 : 0) } }
        add("months unused") { months(states, $0).reduce(0) { $0 + ($1 == -2 ? 1 : 0) } }
        add("months paid in full") { months(states, $0).reduce(0) { $0 + ($1 == -1 ? 1 : 0) } }
        add("worst state") { months(states, $0).max() ?? .nan }
        add("sum of states") { months(states, $0).reduce(0, +) }
        add("recent state") { client in
            let own = months(states, client)
            return own.indices.reduce(0) { $0 + own[$1] * Float($1 + 1) } / 21
        }
        add("months since late") { client in
            months(states, client).lastIndex { $0 > 0 }.map { Float(5 - $0) } ?? .nan
        }
        add("state risen") { states[5][$0] - states[3][$0] }
        add("mean bill of limit") { client in months(bills, client).reduce(0, +) / 6 / max(1, limits[client]) }
        add("bill risen of limit") { (bills[5][$0] - bills[0][$0]) / max(1, limits[$0]) }
        add("greatest bill of limit") { client in (months(bills, client).max() ?? 0) / max(1, limits[client]) }
        add("paid of billed") { client in
            let billed = months(bills, client)[..<5].reduce(0, +)
            return billed > 0 ? min(10, months(payments, client)[1...].reduce(0, +) / billed) : .nan
        }
        add("paid in six months") { months(payments, $0).reduce(0, +) }
        add("least paid") { months(payments, $0).min() ?? .nan }
        add("months without payment") { months(payments, $0).reduce(0) { $0 + ($1 == 0 ? 1 : 0) } }
        add("left of limit") { limits[$0] - bills[5][$0] }
        return result
    }
}
