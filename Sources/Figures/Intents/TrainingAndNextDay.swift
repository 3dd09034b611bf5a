internal import EventStream
internal import FoundationEssentials

/// Hotel-search sessions in a corpus.
protocol HotelSessions {
    var corpus: Corpus { get }
}

extension HotelLabels: HotelSessions {}
extension HotelClickouts: HotelSessions {}

/// Sessions of the days that are learnt from, and of the day that judges; in one corpus where the test part has no files of its own.
struct TrainingAndNextDay<Part: HotelSessions> {
    let train: Part
    let test: Part
    /// What comes later judges, in microseconds since 1970.
    let boundary: Int64

    /// - Parameters:
    ///   - testFrom: a day in UTC, such as 2018-11-08.
    ///   - test: reads the test part, given the training part; called where it is apart.
    init(testFrom: String, train: Part, isTestApart: Bool, test: (Part) throws -> Part) throws {
        self.train = train
        self.test = isTestApart ? try test(train) : train
        boundary = try FigureContext.microseconds(testFrom)
    }

    /// Tells of a session of the training part whether its visitor has none among some sessions of the test part.
    func sessionsOfOthers(than judged: some Sequence<Int>) -> (_ session: Int) -> Bool {
        func visitor(_ corpus: Corpus, _ session: Int) -> String { corpus.visitorKey(corpus.visitor(ofSession: session)) }
        let visitors = Set(judged.map { visitor(test.corpus, $0) })
        let corpus = train.corpus
        return { !visitors.contains(visitor(corpus, $0)) }
    }
}

extension FigureContext {
    /// Midnight UTC of a date, in microseconds since 1970.
    static func microseconds(_ date: String) throws -> Int64 {
        guard let day = try? Date("\(date)T00:00:00Z", strategy: .iso8601) else {
            throw FigureError(code: 78, description: "testFrom: \(date) is not a date such as 2018-11-08")
        }
        return Int64(day.timeIntervalSince1970 * 1e6)
    }
}
