internal import DecisionRecords

/// A line that was decided, and how it is recorded.
struct RecordedLine: Sendable {
    /// The line, with its end.
    var line: String
    /// As the ledger keeps it.
    var decision: DecisionRecorder.Decision
    /// The command that makes it again.
    var run: DecisionJournal.Run
}

extension ServingBundle {
    /// Tiles of the catalogue.
    var tiles: [String] { [] }
    /// Products that are foretold, the first "none".
    var products: [String] { [] }

    /// What the visitor of a session will apply for.
    func conversion(_ request: ScoreRequest) throws(RequestFault) -> RecordedLine {
        throw RequestFault(.unprocessable, at: "want", "the bundle has no predictor", remedy: "ask for what /v1/schema lists as parts")
    }
}

extension ScoringService {
    func rank(_ exchange: Exchange, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        throw RequestFault(.unprocessable, "the bundle has no ranker", remedy: "name another bundle with ?bundle=")
    }

    func credit(_ exchange: Exchange, _ body: [UInt8]) async throws(RequestFault) -> ServiceAnswer {
        throw RequestFault(.unprocessable, "the bundle has no scorecard", remedy: "name another bundle with ?bundle=")
    }
}
