#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What may follow one web session, seen from any later moment.
struct SessionOutlook {
    /// Milliseconds since 1970.
    var end: Int64
    /// Probabilities of all products, none last.
    var products: [Double]
    /// Of so many even draws of a day the smallest is the day of the application.
    var dayDraws: Int

    /// Probability that the application comes more than some days (and parts of days) after the session, if there is one at all.
    func survival(_ days: Double) -> Double {
        let length = Double(ConversionTable.horizonDays + 1)
        if days <= 0 { return 1 }
        if days >= length { return 0 }
        // On day x with probability ((L - x) / L)^m - ((L - x - 1) / L)^m, at any hour of it.
        let day = Int(days)
        let (low, high) = (Self.power((length - Double(day)) / length, dayDraws), Self.power((length - Double(day) - 1) / length, dayDraws))
        return low + (days - Double(day)) * (high - low)
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var product = base
        for _ in 1..<exponent { product *= base }
        return product
    }
}

/// Which product is applied for first within 30 days of a decision: true probabilities, given everything hidden at that moment.
///
/// Given the sessions, applications compete: those that pending sessions still may bring, and those that come by themselves at a constant
/// rate. Time is cut into days, in which the sources race as in a competing-risks model with constant hazards (Kalbfleisch and
/// Prentice, 2002, chapter 8). Sessions after the decision are unknown at it: ``AppAssumptions/futures`` futures of every browser are drawn
/// by the simulator's own chain, given its past, and the probabilities are averaged. Shorter steps than days change no probability by more
/// than 0.001.
struct ApplicationForecast {
    private static let day: Int64 = 86_400_000
    /// Nothing is known of the length of a session to come; it hardly matters against days.
    private static let usualLength: Int64 = 300_000

    private let model: VisitorSource
    private let conversions: ConversionSource

    init(_ model: VisitorSource, _ conversions: ConversionSource) { (self.model, self.conversions) = (model, conversions) }

    func outlook(end: Int64, need: Int, isGoal: Bool) -> SessionOutlook {
        SessionOutlook(
            end: end, products: conversions.probabilities(need: need, isGoal: isGoal), dayDraws: ConversionSource.dayDraws(isGoal: isGoal))
    }

    /// Probabilities of all products, none last, for the first application in the 30 days after a moment.
    /// - Parameters:
    ///   - pending: sessions whose application, if there is one, had not come by then.
    ///   - rates: applications per day by themselves, by product.
    static func first(after time: Int64, _ pending: [SessionOutlook], rates: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: rates.count)
        let none = rates.count - 1
        let rate = rates.reduce(0, +)
        var alive = 1.0
        var hazards = [Double](repeating: 0, count: rates.count)
        var reached = pending.map { $0.survival(Double(time - $0.end) / Double(day)) }
        for step in 0..<ConversionTable.horizonDays {
            for product in 0..<none { hazards[product] = rates[product] }
            var total = rate
            for (place, session) in pending.enumerated() {
                let before = reached[place]
                if before == 0 { continue }
                let after = session.survival(Double(time - session.end) / Double(day) + Double(step + 1))
                reached[place] = after
                let applies = 1 - session.products[none]
                let left = session.products[none] + applies * before
                if before <= after || applies <= 0 || left <= 0 { continue }
                let hazard = -log(max(1 - applies * (before - after) / left, 1e-12))
                for product in 0..<none { hazards[product] += hazard * session.products[product] / applies }
                total += hazard
            }
            if total <= 0 { continue }
            let share = alive * (1 - exp(-total))
            for product in 0..<none { result[product] += share * hazards[product] / total }
            alive -= share
        }
        result[none] = alive
        return result
    }

    /// The same, averaged over the sessions that each browser may still have.
    /// - Parameter browsers: each with the sessions that have begun by then.
    func first(
        after time: Int64, _ pending: [SessionOutlook], browsers: [ArraySlice<SimulatedSession>], rates: [Double],
        using source: inout SeededSource
    ) -> [Double] {
        var mean = [Double](repeating: 0, count: rates.count)
        let futures = model.configuration.app.futures
        // In most futures nobody comes back within the days that count.
        let alone = Self.first(after: time, pending, rates: rates)
        for _ in 0..<futures {
            let coming = browsers.flatMap { future(of: $0, after: time, &source) }
            let row = coming.isEmpty ? alone : Self.first(after: time, pending + coming, rates: rates)
            for product in row.indices { mean[product] += row[product] / Double(futures) }
        }
        return mean
    }

    /// Sessions of one browser within 31 days of a moment, drawn given that only these had begun by then: futures that would have brought
    /// another one before are thrown away and drawn anew.
    private func future(of begun: ArraySlice<SimulatedSession>, after time: Int64, _ source: inout SeededSource) -> [SessionOutlook] {
        let configuration = model.configuration
        let goOn = configuration.meanFurtherSessions / (1 + configuration.meanFurtherSessions)
        for _ in 0..<1000 {
            var (need, day, count, start): (Int, Int, Int, Int64)
            if let last = begun.last {
                guard begun.count < VisitorSource.mostSessions && source.chance(goOn) else { return [] }
                need = model.drifted(last.need, &source)
                day = VisitorSource.nextDay(after: Int(last.events[0].time / Self.day), &source)
                count = begun.count + 1
            } else {
                // Days before the last week before the moment cannot lead to a start after it.
                let earliest = max(configuration.firstDay, Int(time / Self.day) - 6)
                let end = configuration.firstDay + configuration.arrivalDays
                if earliest >= end { return [] }
                need = source.draw(model.tables.priorSums)
                day = earliest + source.index(below: end - earliest)
                count = 1
            }
            start = model.start(need, &day, &source)
            if start <= time { continue }
            var sessions: [SessionOutlook] = []
            while start < time + Int64(ConversionTable.horizonDays + 1) * Self.day {
                let isGoal = source.chance(configuration.goalDirectedShare)
                sessions.append(outlook(end: start + Self.usualLength, need: need, isGoal: isGoal))
                guard count < VisitorSource.mostSessions && source.chance(goOn) else { break }
                count += 1
                need = model.drifted(need, &source)
                day = VisitorSource.nextDay(after: day, &source)
                start = model.start(need, &day, &source)
            }
            return sessions
        }
        return []
    }
}
