#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What must hold between settings.
enum SettingRules {
    static func check(_ settings: ServiceSettings, _ origin: (String) -> SettingOrigin) throws(SettingRefusal) {
        func refuse(_ setting: String, _ reason: String, _ remedy: String) throws(SettingRefusal) {
            throw SettingRefusal(setting: setting, origin: origin(setting), reason: reason, remedy: remedy)
        }
        if !isAddress(settings.address) {
            try refuse("address", "it is no IP address", "give one such as 127.0.0.1, ::1 or 0.0.0.0, or localhost")
        }
        if settings.tls.certificate != nil, settings.tls.key == nil {
            try refuse("tls.certificate", "a certificate without its key", "give tls.key, too")
        }
        if settings.tls.key != nil, settings.tls.certificate == nil {
            try refuse("tls.key", "a key without its certificate", "give tls.certificate, too")
        }
        if settings.access.jwksFile != nil, settings.access.jwtIssuer == nil || settings.access.jwtAudience == nil {
            try refuse(
                "access.jwksFile", "tokens of any issuer, or for anybody, would be let in", "give access.jwtIssuer and access.jwtAudience")
        }
        for (name, value) in [("access.jwtIssuer", settings.access.jwtIssuer), ("access.jwtAudience", settings.access.jwtAudience)]
        where value != nil && settings.access.jwksFile == nil {
            try refuse(name, "nothing checks tokens", "give access.jwksFile, too")
        }
        let isAuthenticated = settings.access.keyFile != nil || settings.access.jwksFile != nil
        if !isLoopback(settings.address), !isAuthenticated, !settings.access.allowAnonymous {
            try refuse(
                "address", "others can reach it, and nobody would be asked who they are",
                "give access.keyFile or access.jwksFile, listen on 127.0.0.1, or set access.allowAnonymous")
        }
        if settings.limits.fieldBytes > settings.limits.bodyBytes {
            try refuse("limits.fieldBytes", "it is above limits.bodyBytes", "give at most limits.bodyBytes")
        }
        if settings.sessions.idleSeconds > settings.sessions.ageSeconds {
            try refuse("sessions.idleSeconds", "it is above sessions.ageSeconds", "give at most sessions.ageSeconds")
        }
        if settings.load.waitSeconds > settings.timeouts.requestSeconds {
            try refuse("load.waitSeconds", "it is above timeouts.requestSeconds", "give at most timeouts.requestSeconds")
        }
    }

    static func notices(_ settings: ServiceSettings) -> [String] {
        var notices: [String] = []
        if settings.tls.certificate == nil, !isLoopback(settings.address) {
            notices.append("address: keys and sessions cross the network unencrypted unless a proxy in front of the service does TLS")
        }
        if settings.access.keyFile == nil, settings.access.jwksFile == nil {
            notices.append("access.keyFile: nobody is asked who they are")
        }
        if settings.ledger.file == nil { notices.append("ledger.file: answers are not recorded") }
        if settings.ledger.file != nil, settings.ledger.mode == .boundedAsync {
            notices.append("ledger.mode: a crash can lose the records of the last \(settings.ledger.pending) answers")
        }
        return notices
    }

    /// Whether a text is an IP address, or `localhost`.
    static func isAddress(_ text: String) -> Bool { text == "localhost" || version4(text) != nil || version6(text) != nil }

    /// Whether only this machine can reach an address: 127.0.0.0/8 (RFC 1122, section 3.2.1.3), ::1 (RFC 4291, section 2.5.3), the former
    /// mapped into the latter's space, and `localhost` (RFC 6761, section 6.3).
    static func isLoopback(_ text: String) -> Bool {
        if text == "localhost" { return true }
        if let bytes = version4(text) { return bytes[0] == 127 }
        guard let bytes = version6(text) else { return false }
        if bytes == [UInt8](repeating: 0, count: 15) + [1] { return true }
        return bytes[..<12] == ([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])[...] && bytes[12] == 127
    }

    private static func version4(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4)
        return inet_pton(AF_INET, text, &bytes) == 1 ? bytes : nil
    }

    private static func version6(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }
}
