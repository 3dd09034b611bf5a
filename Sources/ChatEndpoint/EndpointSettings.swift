internal import Foundation

/// Which endpoint is asked, and how patiently.
public struct EndpointSettings: Sendable {
    /// What `/chat/completions` is appended to, such as `https://host/v1`.
    public var base: String
    /// The model's name at the endpoint.
    public var model: String
    /// Sent as a bearer token; nil for endpoints that want none.
    public var key: EndpointKey?
    /// Longest wait for one answer.
    public var timeoutSeconds = 120.0
    /// False for endpoints that know no JSON schemas: the schema is then part of the instructions.
    public var sendsSchema = true
    /// How failures are tried again.
    public var retries = RetryPolicy()

    /// An endpoint with the usual patience.
    /// - Throws: ``EndpointFault`` where the address or the name cannot be used.
    public init(base: String, model: String, key: EndpointKey?) throws(EndpointFault) {
        let trimmed = base.hasSuffix("/") ? String(base.dropLast()) : base
        guard let url = URL(string: trimmed), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty
        else {
            throw EndpointFault(
                place: "the endpoint", reason: "its address is not one of http or https", remedy: "name one such as https://host/v1")
        }
        guard url.user == nil, url.password == nil, url.query == nil, url.fragment == nil else {
            throw EndpointFault(
                place: "the endpoint", reason: "its address holds a user, a query or a fragment",
                remedy: "leave them out; a key comes from the environment or a file")
        }
        let isLocal = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
        if key != nil, scheme == "http", !isLocal {
            throw EndpointFault(
                place: trimmed, reason: "the key would be sent readable for everybody on the way", remedy: "use https, or give no key")
        }
        guard !model.isEmpty else {
            throw EndpointFault(place: trimmed, reason: "no model is named", remedy: "name the model that is to answer")
        }
        (self.base, self.model, self.key) = (trimmed, model, key)
    }
}

/// An endpoint that cannot be used as it is described.
public struct EndpointFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where.
    public var place: String
    /// Why.
    public var reason: String
    /// What to do.
    public var remedy: String

    /// Place, reason and remedy.
    public var description: String { "\(place): \(reason); \(remedy)" }
}

/// A secret that neither a message nor a dump of a value shows.
public struct EndpointKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let secret: String

    /// A key; line ends around it are dropped.
    /// - Throws: ``EndpointFault`` where it holds what a header cannot.
    public init(_ text: String, from place: String) throws(EndpointFault) {
        let bytes = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw EndpointFault(
                place: place, reason: bytes.isEmpty ? "the key is empty" : "the key holds blanks or signs beyond ASCII",
                remedy: "put the key alone there, or give none")
        }
        secret = String(decoding: bytes, as: UTF8.self)
    }

    /// Not the key.
    public var description: String { "a key" }
    /// Not the key.
    public var debugDescription: String { "a key" }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
