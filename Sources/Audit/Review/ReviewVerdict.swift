/// What one reviewer says of one session.
public enum ReviewVerdict: Sendable, Equatable {
    /// The intents that it shows; none for none.
    case shows(Set<String>)
    /// The reviewer cannot tell.
    case unsure

    /// Why a verdict cannot be used.
    enum Fault: Error, Equatable {
        /// Nothing was written.
        case empty
        /// A word that is no verdict and no intent.
        case oddWord
        /// `right` or `wrong` in a blind sheet, or beside ids.
        case needsIntents
        /// `wrong` of a session without an intent, without saying what was missed.
        case wrongOfNothing
    }

    /// Reads the words of a row.
    ///
    /// `right`: what was given, and what stands in `missed`. `wrong`: only what stands in `missed`. Otherwise the ids of the intents that the
    /// session shows, or `none`; and `unsure`. Capitals do not matter; ids are parted by spaces, commas or semicolons.
    /// - Parameters:
    ///   - given: what the reviewer was told was given; nil in a blind sheet.
    ///   - known: ids that may be named.
    static func read(_ verdict: String, missed: String, given: [String]?, known: Set<String>) -> Result<ReviewVerdict, Fault> {
        let words = words(verdict), more = words.isEmpty ? [] : Self.words(missed).filter { !["none", "no", "nothing"].contains($0) }
        guard let first = words.first else { return .failure(Self.words(missed).isEmpty ? .empty : .needsIntents) }
        guard known.isSuperset(of: more) else { return .failure(.oddWord) }
        let plain = Self.plain[first]
        if plain != nil, words.count > 1 { return .failure(.needsIntents) }
        switch plain {
        case .unsure: return .success(.unsure)
        case .right, .wrong:
            guard let given else { return .failure(.needsIntents) }
            if plain == .right { return .success(.shows(Set(given).union(more))) }
            return given.isEmpty && more.isEmpty ? .failure(.wrongOfNothing) : .success(.shows(Set(more)))
        case .none?: return .success(.shows(Set(more)))
        case nil:
            guard known.isSuperset(of: words) else { return .failure(.oddWord) }
            return .success(.shows(Set(words).union(more)))
        }
    }

    private enum Plain { case right, wrong, unsure, none }

    private static let plain: [String: Plain] = [
        "right": .right, "correct": .right, "yes": .right, "wrong": .wrong, "incorrect": .wrong, "no": .wrong, "unsure": .unsure,
        "?": .unsure, "none": .none, "nothing": .none,
    ]

    private static func words(_ text: String) -> [String] {
        text.lowercased().split { $0.isWhitespace || $0 == "," || $0 == ";" || $0 == "'" }.map(String.init)
    }
}
