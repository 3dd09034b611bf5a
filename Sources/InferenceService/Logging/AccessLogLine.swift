/// One answered request as one line of JSON (here broken in two): who asked what, and how it went. Nothing of the session that was scored.
///
/// ```
/// {"time":"2026-03-01T08:12:44.123Z","id":"4b1f…","principal":"marketing",
///  "route":"/v1/sessions:score","status":200,"ms":1.204,"in":912,"out":233}
/// ```
public struct AccessLogLine: Sendable, Equatable {
    /// When the answer ended, milliseconds since 1970 (UTC).
    public var time: Int64
    /// What the request is called.
    public var id: RequestID
    /// ``Principal/name`` of who asked; nil where nobody was recognised.
    public var principal: String?
    /// The route's template, such as `/v1/sessions/{id}/events`; never the path itself, which may name a session.
    public var route: String
    /// The answer's status code.
    public var status: Int
    /// From the request's head to the end of the answer, nanoseconds.
    public var duration: Int64
    /// Bytes of the request's body.
    public var received: Int
    /// Bytes of the answer's body.
    public var sent: Int

    /// A line.
    public init(
        time: Int64, id: RequestID, principal: String?, route: String, status: Int, duration: Int64, received: Int, sent: Int
    ) {
        (self.time, self.id, self.principal, self.route) = (time, id, principal, route)
        (self.status, self.duration, self.received, self.sent) = (status, duration, received, sent)
    }

    /// Adds the line and a line feed. Every byte of it is printable ASCII, whatever the fields hold.
    package func write(into bytes: inout [UInt8]) {
        LogText.append("{\"time\":\"", to: &bytes)
        LogText.append(time: time, to: &bytes)
        LogText.append("\",\"id\":", to: &bytes)
        LogText.append(quoted: id.text, to: &bytes)
        LogText.append(",\"principal\":", to: &bytes)
        if let principal { LogText.append(quoted: principal, to: &bytes) } else { LogText.append("null", to: &bytes) }
        LogText.append(",\"route\":", to: &bytes)
        LogText.append(quoted: route, to: &bytes)
        LogText.append(",\"status\":", to: &bytes)
        LogText.append(status, to: &bytes)
        LogText.append(",\"ms\":", to: &bytes)
        let microseconds = Int(max(0, duration) / 1000)
        LogText.append(microseconds / 1000, to: &bytes)
        LogText.append(".", to: &bytes)
        LogText.append(microseconds % 1000, digits: 3, to: &bytes)
        LogText.append(",\"in\":", to: &bytes)
        LogText.append(received, to: &bytes)
        LogText.append(",\"out\":", to: &bytes)
        LogText.append(sent, to: &bytes)
        LogText.append("}\n", to: &bytes)
    }
}
