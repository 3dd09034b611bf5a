/// An entry whose hash is not that of its content, its place and the hash before it.
struct SuspectEntry {
    enum Verdict: Equatable {
        case open
        case editedContent
        case editedHash
        case editedPreviousHash
        case moved(from: Int)
        case inserted
    }

    /// Where it stands.
    let place: Int
    /// The columns `hash` and `previous`.
    let stored, previous: [UInt8]
    /// The hash of what stands there.
    let computed: [UInt8]
    /// The column `previous` of the next entry.
    var nextPrevious: [UInt8]?
    /// What a head says is the hash here.
    var headHash: [UInt8]?
    var verdict = Verdict.open

    /// Where it was written, if that is known to be elsewhere.
    var origin: Int? {
        if case .moved(let origin) = verdict { return origin }
        return nil
    }
}
