/// Says who asks, by what a request carries.
package struct Authenticator: Sendable {
    private let keys: APIKeyFile?
    /// Says who presents a token at a time in seconds since 1970; nil for one that is not good.
    package typealias Tokens = @Sendable (_ token: String, _ now: Double) async -> Principal?

    private let tokens: Tokens?
    private let clock: ServiceClock

    /// Without keys and tokens everybody is ``Principal/anonymous``.
    package init(keys: APIKeyFile?, tokens: Tokens?, clock: ServiceClock = .system) {
        (self.keys, self.tokens, self.clock) = (keys, tokens, clock)
    }

    /// Whether anybody is asked who they are.
    package var isOpen: Bool { keys == nil && tokens == nil }

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
        if let known = keys?.principal(presenting: presented) { return known }
        // Three parts with dots between them are a token and never a key.
        if let tokens, presented.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2,
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
