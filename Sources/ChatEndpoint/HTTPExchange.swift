internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// One request and its answer over URLSession, waited for. Neither cookies nor answers are kept, redirections are not followed (the key
/// would go along), and an answer that grows beyond all measure is cut.
final class HTTPExchange: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    struct Answer {
        var status: Int
        var retryAfter: String?
        var body: [UInt8]
    }

    enum Failure: Error {
        case timedOut
        case cancelled
        case unreachable(String)
    }

    /// Bytes of an answer that are read.
    private static let mostBytes = 16 << 20

    private struct State {
        var answer: Answer?
        var body: [UInt8] = []
        var error: (any Error)?
        var isTooLong = false
    }

    private let state = Mutex(State())
    private let done = DispatchSemaphore(value: 0)

    /// Sends a body and waits. `isCancelled` is asked several times a second.
    static func post(
        _ body: [UInt8], to url: String, key: EndpointKey?, timeoutSeconds: Double, isCancelled: () -> Bool
    ) throws(Failure) -> Answer {
        guard let url = URL(string: url) else { throw .unreachable("the address is not one") }
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeoutSeconds
        configuration.httpCookieStorage = nil
        configuration.urlCache = nil
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = Data(body)
        request.timeoutInterval = timeoutSeconds
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue("application/json", forHTTPHeaderField: "Accept")
        if let key { request.setValue("Bearer \(key.secret)", forHTTPHeaderField: "Authorization") }
        let exchange = HTTPExchange()
        let session = URLSession(configuration: configuration, delegate: exchange, delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        let task = session.dataTask(with: request)
        task.resume()
        // The session's own limit is one of silence: an answer that drips for ever would never end.
        let deadline = DispatchTime.now() + timeoutSeconds
        while exchange.done.wait(timeout: min(deadline, .now() + 0.1)) == .timedOut {
            if isCancelled() { throw .cancelled }
            if DispatchTime.now() >= deadline { throw .timedOut }
        }
        return try exchange.outcome()
    }

    private func outcome() throws(Failure) -> Answer {
        let (answer, error, isTooLong) = state.withLock { ($0.answer, $0.error, $0.isTooLong) }
        if isTooLong { throw .unreachable("the answer is longer than \(Self.mostBytes) bytes") }
        if let error {
            // Texts of the system may hold the whole address; codes say as much.
            guard let error = error as? URLError else { throw .unreachable("the connection failed") }
            switch error.code {
            case .timedOut: throw .timedOut
            case .cannotFindHost, .dnsLookupFailed: throw .unreachable("the host is not known")
            case .cannotConnectToHost: throw .unreachable("nobody answers there")
            case .networkConnectionLost: throw .unreachable("the connection broke")
            case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate, .serverCertificateHasUnknownRoot:
                throw .unreachable("no safe connection (TLS) can be made")
            default: throw .unreachable("the connection failed (code \(error.code.rawValue))")
            }
        }
        guard var answer else { throw .unreachable("the answer is not HTTP") }
        answer.body = state.withLock { $0.body }
        return answer
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        if let response = response as? HTTPURLResponse {
            let answer = Answer(status: response.statusCode, retryAfter: response.value(forHTTPHeaderField: "Retry-After"), body: [])
            state.withLock { $0.answer = answer }
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLong = state.withLock { state in
            state.isTooLong = state.isTooLong || state.body.count + data.count > Self.mostBytes
            if !state.isTooLong { state.body += data }
            return state.isTooLong
        }
        if isTooLong { dataTask.cancel() }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { $0.error = error }
        done.signal()
    }
}
