#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension AppHistory {
    /// Measures what these rows show, as ``CreditSignal`` says; `families` gets the shares by family.
    func measure(into signals: inout CreditSignals) {
        var (stays, others, sums) = (RunningMean(), RunningMean(), (out: RunningMean(), incoming: RunningMean()))
        var (routine, monthEnd, weekend, order, late) = (RunningMean(), RunningMean(), RunningMean(), RunningMean(), RunningMean())
        var families = [Int](repeating: 0, count: AppOperation.families.count)
        for number in 0..<sessions {
            let range = session(number)
            if range.count < 3 { continue }
            var (limit, bill): (Int?, Int?) = (nil, nil)
            for place in range {
                let row = rows[place]
                if let family = AppOperation.family(row.operation) { families[family] += 1 }
                if AppOperation.isPage(row.operation) { late.add(AppOperation.late.contains(row.operation) ? 1 : 0) }
                if row.operation == AppOperation.limit { limit = place }
                if row.operation == AppOperation.bill { bill = place }
                if AppOperation.outgoing.contains(row.operation) { sums.out.add(log(Double(max(row.cents, 1)))) }
                if AppOperation.incoming.contains(row.operation) { sums.incoming.add(log(Double(max(row.cents, 1)))) }
                guard place > range.lowerBound else { continue }
                let stay = log(Double(row.time - rows[place - 1].time))
                if row.operation == AppOperation.widget { stays.add(stay) } else { others.add(stay) }
            }
            if let limit, let bill { order.add(limit < bill ? 1 : 0) }
            let day = CalendarDay.of(rows[range.lowerBound].time)
            routine.add(rows[range.lowerBound].operation == AppOperation.balance ? 1 : 0)
            monthEnd.add(CalendarDay.ofMonth(day) >= 25 ? 1 : 0)
            weekend.add(CalendarDay.isWeekend(day) ? 1 : 0)
        }
        let last = session(sessions - 1)
        signals[.hesitation] = stays.mean - others.mean
        signals[.intention] = Double(last.count { AppOperation.wishes.contains(rows[$0].operation) }) / Double(last.count)
        signals[.routine] = routine.mean
        signals[.monthEnd] = monthEnd.mean
        signals[.weekend] = weekend.mean
        signals[.order] = order.mean
        signals[.amounts] = sums.out.mean - sums.incoming.mean
        signals[.foretelling] = late.mean
        let pages = families.reduce(0, +)
        signals.families = pages == 0 ? [] : families.map { Double($0) / Double(pages) }
    }
}
