/// What somebody who reads the linked web sessions can know of the need behind the latest one: the forward filter of a hidden Markov chain
/// (Rabiner, 1989, eq. 19-20) whose states are needs and whose steps are sessions of one browser.
///
/// The need stays, moves within its family or is drawn afresh from one session to the next as ``BankConfiguration`` says; what a session
/// shows multiplies in as its own posterior over the shares of needs in the population.
struct LinkedNeeds {
    private let tables: NeedTables
    private let stay: Double
    private let family: Double

    init(_ configuration: BankConfiguration, _ tables: NeedTables) {
        self.tables = tables
        (stay, family) = (configuration.needPersistence, configuration.needFamilyMove)
    }

    /// - Parameter posteriors: of each session of one browser, in order.
    /// - Returns: after each session, the probabilities of its need given it and those before; empty if a posterior is missing.
    func filtered(_ posteriors: [[Float]?]) -> [[Double]] {
        var rows: [[Double]] = []
        for posterior in posteriors {
            guard let posterior else { return [] }
            guard let last = rows.last else {
                rows.append(posterior.map(Double.init))
                continue
            }
            let expected = predicted(last)
            var row = posterior.indices.map { expected[$0] * Double(posterior[$0]) / Double(tables.prior[$0]) }
            let total = row.reduce(0, +)
            if total > 0 { for k in row.indices { row[k] /= total } } else { row = expected }
            rows.append(row)
        }
        return rows
    }

    /// Probabilities of the need of the next session.
    func predicted(_ now: [Double]) -> [Double] {
        let fresh = 1 - stay - family
        return now.indices.map { k in
            let members = tables.familyMembers[k]
            let mass = members.reduce(0) { $0 + now[$1] }
            let share = members.reduce(0) { $0 + Double(tables.prior[$1]) }
            let prior = Double(tables.prior[k])
            return stay * now[k] + family * mass * prior / share + fresh * prior
        }
    }
}
