/// Sessions cut by time into training, validation and test part, so that nothing is learned from the future.
public struct ChronologicalSplit: Sendable, Equatable {
    /// Numbers of the sessions of each part, ascending.
    public var training: [Int]
    /// To choose settings by.
    public var validation: [Int]
    /// To report from.
    public var test: [Int]

    /// Cuts by shares: the earliest sessions train, the latest test.
    ///
    /// Sessions are ordered by their first event and, where these are equal or the corpus has no times, by their order in the
    /// corpus, which then is that of the file.
    /// - Parameters:
    ///   - validationShare, testShare: at least 0, together below 1. A share rounds to whole sessions.
    public static func sessions(of corpus: Corpus, validationShare: Double, testShare: Double) -> ChronologicalSplit {
        check(validationShare, testShare)
        let order = (0..<corpus.sessionCount).sorted { (start(corpus, $0), $0) < (start(corpus, $1), $1) }
        return cut(order, validationShare, testShare)
    }

    /// Cuts at two dates: sessions that start before the first train, from the second on test.
    /// - Parameters:
    ///   - validationFrom, testFrom: microseconds since 1970 UTC, in this order.
    public static func sessions(of corpus: Corpus, validationFrom: Int64, testFrom: Int64) -> ChronologicalSplit {
        precondition(validationFrom <= testFrom, "ChronologicalSplit: validation from \(validationFrom), test from \(testFrom)")
        var split = ChronologicalSplit(training: [], validation: [], test: [])
        for session in 0..<corpus.sessionCount {
            let start = start(corpus, session)
            if start < validationFrom {
                split.training.append(session)
            } else if start < testFrom {
                split.validation.append(session)
            } else {
                split.test.append(session)
            }
        }
        return split
    }

    /// Cuts by shares of the visitors, ordered by their first event, all sessions of a visitor in one part: nobody is in two parts.
    public static func visitors(of corpus: Corpus, validationShare: Double, testShare: Double) -> ChronologicalSplit {
        check(validationShare, testShare)
        // Sessions of a visitor lie together, so a visitor is a range of sessions.
        var ranges: [Range<Int>] = []
        for session in 0..<corpus.sessionCount {
            if session > 0, corpus.visitor(ofSession: session) == corpus.visitor(ofSession: session - 1) {
                ranges[ranges.count - 1] = ranges[ranges.count - 1].lowerBound..<(session + 1)
            } else {
                ranges.append(session..<(session + 1))
            }
        }
        let order = ranges.sorted { (start(corpus, $0.lowerBound), $0.lowerBound) < (start(corpus, $1.lowerBound), $1.lowerBound) }
        return cut(order, validationShare, testShare)
    }

    private static func start(_ corpus: Corpus, _ session: Int) -> Int64 {
        let events = corpus.events(ofSession: session)
        return events.isEmpty ? Int64.min : corpus.timesMicroseconds[events.lowerBound]
    }

    private static func check(_ validation: Double, _ test: Double) {
        precondition(
            validation >= 0 && test >= 0 && validation + test < 1, "ChronologicalSplit: shares \(validation) and \(test) of one whole")
    }

    private static func cut<Part: SessionNumbers>(_ order: [Part], _ validation: Double, _ test: Double) -> ChronologicalSplit {
        let testCount = Int((test * Double(order.count)).rounded())
        let validationCount = Int((validation * Double(order.count)).rounded())
        let trainingCount = max(0, order.count - testCount - validationCount)
        func gather(_ part: ArraySlice<Part>) -> [Int] { part.flatMap(\.numbers).sorted() }
        return ChronologicalSplit(
            training: gather(order[..<trainingCount]),
            validation: gather(order[trainingCount..<min(order.count, trainingCount + validationCount)]),
            test: gather(order[min(order.count, trainingCount + validationCount)...]))
    }
}

private protocol SessionNumbers { var numbers: [Int] { get } }
extension Int: SessionNumbers { fileprivate var numbers: [Int] { [self] } }
extension Range<Int>: SessionNumbers { fileprivate var numbers: [Int] { Array(self) } }
