extension ExportMapping {
    /// RudderStack's calls as JSON Lines: Segment's, and sessions besides.
    ///
    /// - Session: `context.sessionId`, the start in milliseconds (seconds in old libraries), with `anonymousId`. A visitor who identifies keeps
    ///   both. Server libraries send none; pauses decide where those rows belong.
    /// - Time: `timestamp`, which is receivedAt − (sentAt − originalTimestamp). Where a pipeline dropped it that is computed; where
    ///   one of the
    ///   three is missing, too, the device's own `originalTimestamp` counts, which is off by the error of its clock.
    static var rudderStack: ExportMapping {
        var mapping = segment
        mapping.session = ["anonymousId", "context.sessionId"]
        var corrected = Time(column: "originalTimestamp", unit: .iso8601)
        (corrected.sent, corrected.received) = ("sentAt", "receivedAt")
        mapping.timeAlternatives.insert(corrected, at: 0)
        for index in mapping.fields.indices where mapping.fields[index].name == "referrer" {
            mapping.fields[index].column.names += ["properties.initial_referrer", "context.page.initial_referrer"]
        }
        mapping.fields.append(Field(name: "session_start", column: "context.sessionStart", kind: .categorical))
        return mapping
    }
}
