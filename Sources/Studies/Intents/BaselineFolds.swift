internal import SequenceEmbedding
internal import SequenceKernel

/// Folds of training sessions, all sessions of a visitor in one.
enum BaselineFolds {
    /// Most folds.
    static let count = 5

    /// The fold of each session: visitors in an order that a hash of their number gives, dealt out in turn.
    /// - Throws: ``StudyError/tooLittle(what:found:needed:)`` where there is one visitor only.
    static func folds(of sessions: [Int], _ table: any EventTable) throws(StudyError) -> [Int] {
        let visitors = sessions.map { table.visitor(ofSession: $0) }
        let keyed = Set(visitors).map { (key: RandomSource.mix(UInt64(bitPattern: Int64($0)) &+ 0xF01D), visitor: $0) }
        let order = keyed.sorted { ($0.key, $0.visitor) < ($1.key, $1.visitor) }
        guard order.count > 1 else {
            throw .tooLittle(what: "visitors of the sessions to learn intents from", found: order.count, needed: 2)
        }
        var fold: [Int: Int] = [:]
        for (place, own) in order.enumerated() { fold[own.visitor] = place % min(count, order.count) }
        return visitors.map { fold[$0] ?? 0 }
    }
}
