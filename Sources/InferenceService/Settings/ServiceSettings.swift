/// How the service runs. Every value has a default; ``SettingsResolution`` lays file, environment and flags over them.
public struct ServiceSettings: Sendable, Equatable, Codable {
    /// The address to listen on: an IP address, or `localhost`.
    public var address = "127.0.0.1"
    /// The port to listen on; 0 lets the system choose.
    public var port = 8080
    /// Where the models are, by the name under which they answer.
    public var bundles: [String: String] = [:]
    /// Encryption.
    public var tls = TLS()
    /// Who may ask.
    public var access = Access()
    /// How large requests may be.
    public var limits = Limits()
    /// How long things may take.
    public var timeouts = Timeouts()
    /// How many requests may wait, and how long.
    public var load = Load()
    /// Sessions whose events come one after another.
    public var sessions = Sessions()
    /// The record of what was given out.
    public var ledger = Ledger()
    /// The access log.
    public var log = Log()

    /// The defaults.
    public init() {}

    /// Encryption.
    public struct TLS: Sendable, Equatable, Codable {
        /// File of the certificate chain, PEM.
        public var certificate: String?
        /// File of the private key, PEM.
        public var key: String?
        /// Nothing is encrypted.
        public init() {}
    }

    /// Who may ask.
    public struct Access: Sendable, Equatable, Codable {
        /// File of hashed keys (``APIKeyFile``).
        public var keyFile: String?
        /// File of public keys for tokens (JWKS, RFC 7517).
        public var jwksFile: String?
        /// Who must have issued a token (`iss`, RFC 7519).
        public var jwtIssuer: String?
        /// For whom a token must have been issued (`aud`, RFC 7519).
        public var jwtAudience: String?
        /// Whether an address that others can reach may be served without any authentication.
        public var allowAnonymous = false
        /// Rate of principals without one of their own, in sessions, as ``RequestRate/init(text:)`` reads it; nil for no limit.
        public var rate: String?
        /// Principals whose rates are remembered.
        public var principals = 10_000
        /// Nobody is asked who they are.
        public init() {}
    }

    /// How large requests may be.
    public struct Limits: Sendable, Equatable, Codable {
        /// Bytes of a request's body.
        public var bodyBytes = 1 << 20
        /// Bytes of a request's header fields.
        public var headerBytes = 16 << 10
        /// Sessions of one request.
        public var batch = 256
        /// Events of a session.
        public var eventsPerSession = 2000
        /// Fields of an event.
        public var fieldsPerEvent = 64
        /// Bytes of a field's value.
        public var fieldBytes = 4096
        /// Connections open at a time.
        public var connections = 1024
        /// The usual limits.
        public init() {}
    }

    /// How long things may take, seconds.
    public struct Timeouts: Sendable, Equatable, Codable {
        /// From a request's first byte to the end of its header fields.
        public var headerSeconds = 10.0
        /// From a request's head to the end of its body, and to its answer where that is of several sessions; for a piece of a stream.
        public var requestSeconds = 10.0
        /// Silence on an open connection.
        public var idleSeconds = 60.0
        /// For requests to end after the service was told to stop.
        public var drainSeconds = 30.0
        /// The usual times.
        public init() {}
    }

    /// How many requests may wait, and how long.
    public struct Load: Sendable, Equatable, Codable {
        /// Requests that came and are not answered yet; more are refused at once.
        public var queue = 256
        /// Longest time from a request's head to its turn, seconds; who waited longer is refused.
        public var waitSeconds = 1.0
        /// The usual load.
        public init() {}
    }

    /// Sessions whose events come one after another.
    public struct Sessions: Sendable, Equatable, Codable {
        /// Sessions kept.
        public var count = 100_000
        /// Bytes of all sessions.
        public var bytes = 256 << 20
        /// Silence after which a session is forgotten, seconds.
        public var idleSeconds = 1800.0
        /// Age at which a session is forgotten, seconds.
        public var ageSeconds = 86_400.0
        /// Folder in which sessions outlive the process; nil to keep them in memory only.
        public var folder: String?
        /// The usual sessions.
        public init() {}
    }

    /// When an answer is given: after its record is safe, or before.
    public enum LedgerMode: String, Sendable, Equatable, Codable, CaseIterable {
        /// After its record is on the disk.
        case sync
        /// Before; at most ``Ledger/pending`` records wait, and then requests wait for them. A crash can lose those.
        case boundedAsync = "bounded-async"
    }

    /// The record of what was given out.
    public struct Ledger: Sendable, Equatable, Codable {
        /// The ledger's file; nil to keep none.
        public var file: String?
        /// Whether answers wait for their record.
        public var mode = LedgerMode.sync
        /// Records that may wait.
        public var pending = 1000
        /// No ledger.
        public init() {}
    }

    /// The access log.
    public struct Log: Sendable, Equatable, Codable {
        /// File of the log; `-` for standard output, nil for no log.
        public var access: String?
        /// Bytes of lines that may wait for the disk.
        public var bufferBytes = 1 << 20
        /// No log.
        public init() {}
    }
}
