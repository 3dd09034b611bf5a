internal import DurableFiles

/// Why a request is not answered as it asked: where, why, and what to do. Repeats no value of the request.
public struct RequestFault: Error, Sendable, Equatable {
    /// What kind of fault, with the status that HTTP has for it (RFC 9110, section 15).
    public enum Code: String, Sendable, CaseIterable {
        /// The request cannot be read at all.
        case badRequest = "bad_request"
        /// No key, or nobody's.
        case unauthenticated
        /// The key is for something else.
        case forbidden
        /// No such route, bundle or session.
        case notFound = "not_found"
        /// The route is for another method.
        case methodNotAllowed = "method_not_allowed"
        /// The body did not come in time.
        case timeout
        /// A reload found something wrong; what was there goes on.
        case reloadFailed = "reload_failed"
        /// The body is above the limit.
        case tooLarge = "too_large"
        /// The body is of a type that the route does not read.
        case unsupportedMediaType = "unsupported_media_type"
        /// The body can be read, and does not say what the route needs.
        case unprocessable
        /// The principal asks too often.
        case tooManyRequests = "too_many_requests"
        /// A fault of the service.
        case `internal`
        /// Too much is being asked at the moment.
        case overloaded
        /// What is to be remembered cannot be kept on the disk.
        case storageUnavailable = "storage_unavailable"
        /// What was decided cannot be recorded, and so is not told.
        case ledgerUnavailable = "ledger_unavailable"

        /// The status.
        public var status: Int {
            switch self {
            case .badRequest: 400
            case .unauthenticated: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .timeout: 408
            case .reloadFailed: 409
            case .tooLarge: 413
            case .unsupportedMediaType: 415
            case .unprocessable: 422
            case .tooManyRequests: 429
            case .internal: 500
            case .overloaded, .storageUnavailable, .ledgerUnavailable: 503
            }
        }
    }

    /// What kind.
    public var code: Code
    /// Where within the body, `events[3].page`; empty for the whole.
    public var place: String
    /// Why.
    public var reason: String
    /// What to do.
    public var remedy: String
    /// After how many seconds to try again; nil where that is of no use.
    public var retryAfter: Int?
    /// What lies behind it, for who runs the service: no caller is told.
    public var cause: String?

    /// A fault.
    public init(_ code: Code, at place: String = "", _ reason: String, remedy: String, retryAfter: Int? = nil) {
        (self.code, self.place, self.reason, self.remedy, self.retryAfter) = (code, place, reason, remedy, retryAfter)
    }

    /// Place and reason in one line.
    public var message: String { place.isEmpty ? reason : "\(place): \(reason)" }

    /// `{"code":…,"message":…,"remedy":…,"request_id":…}`.
    func json(_ id: RequestID?) -> String {
        "{\"code\":\"\(code.rawValue)\",\"message\":\(JSONString.quoted(message)),\"remedy\":\(JSONString.quoted(remedy))"
            + (id.map { ",\"request_id\":\"\($0.text)\"" } ?? "") + "}"
    }
}
