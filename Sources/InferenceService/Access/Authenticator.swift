internal import Synchronization

/// Says who asks, by what a request carries.
package final class Authenticator: Sendable {
    /// Says who presents a token at a time in seconds since 1970; nil for one that is not good.
    package typealias Tokens = @Sendable (_ token: String, _ now: Double) async -> Principal?

    /// Who is known.
    package struct Callers: Sendable {
        let keys: APIKeyFile?
        let tokens: Tokens?

        /// Without keys and tokens everybody is ``Principal/anonymous``.
        package init(keys: APIKeyFile?, tokens: Tokens?) { (self.keys, self.tokens) = (keys, tokens) }
    }

    /// Reads the files anew that say who is known.
    package typealias Reading = @Sendable () async throws(APIKeyFileError) -> Callers

    private let callers: Mutex<Callers>
    private let reading: Reading?
    private let clock: ServiceClock
    /// Whether nobody is asked who they are. It stays as it was at the start.
    package let isOpen: Bool

    /// Callers that stay as they are, or are read anew where it is said how.
    package init(_ callers: Callers, reading: Reading? = nil, clock: ServiceClock = .system) {
        (self.reading, self.clock) = (reading, clock)
        self.callers = Mutex(callers)
        isOpen = callers.keys == nil && callers.tokens == nil
    }

    /// Reads anew who is known; requests that are being answered go on.
    /// - Throws: ``RequestFault`` where a file is damaged; those who were known stay.
    func reload() async throws(RequestFault) {
        guard let reading else { return }
        let new: Callers
        do throws(APIKeyFileError) { new = try await reading() } catch {
            throw RequestFault(.reloadFailed, error.description, remedy: "mend the file; who was known stays known")
        }
        callers.withLock { $0 = new }
    }

    /// Who asks.
    /// - Parameters:
    ///   - authorization: the field of this name (RFC 9110, section 11.6.2).
    ///   - key: the field `X-Api-Key`.
    package func principal(authorization: String?, key: String?) async throws(RequestFault) -> Principal {
        if isOpen { return .anonymous }
        var presented = key
        if let authorization {
            let words = authorization.split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2, words[0].lowercased() == "bearer", key == nil else { throw Self.refusal }
            presented = words[1]
        }
        guard let presented else { throw Self.refusal }
        let callers = callers.withLock { $0 }
        if let known = callers.keys?.principal(presenting: presented) { return known }
        // Three parts with dots between them are a token and never a key.
        if let tokens = callers.tokens, presented.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2,
            let known = await tokens(presented, Double(clock.wallMilliseconds()) / 1000)
        {
            return known
        }
        throw Self.refusal
    }

    /// The same for every reason: who has no key learns nothing.
    private static let refusal = RequestFault(
        .unauthenticated, "the request carries no key that is known here", remedy: "send Authorization: Bearer KEY, or X-Api-Key: KEY")
}
