/// One setting of the service: its name in each layer, what it means, and how its text is read and shown.
public struct SettingDefinition: Sendable {
    /// The place in the settings file, such as `limits.bodyBytes`.
    public let name: String
    /// What it is, with its unit.
    public let help: String
    /// The texts it takes, in words.
    public let takes: String
    let read: @Sendable (String, inout ServiceSettings) -> Bool
    let show: @Sendable (ServiceSettings) -> String

    /// The keys from the top of the settings file.
    public var path: [String] { name.split(separator: ".").map(String.init) }
    /// The flag, such as `--limits-body-bytes`.
    public var flag: String { "--" + words.joined(separator: "-") }
    /// The variable of the environment, such as `TESSERA_SERVE_LIMITS_BODY_BYTES`.
    public var variable: String { SettingsResolution.variablePrefix + words.map { $0.uppercased() }.joined(separator: "_") }

    private var words: [String] {
        var words = [""]
        for letter in name {
            if letter == "." || letter.isUppercase { words.append("") }
            if letter != "." { words[words.count - 1] += letter.lowercased() }
        }
        return words
    }

    /// All settings, in the order in which they are printed.
    public static let all: [SettingDefinition] = [
        text("address", \.address, "the address to listen on: an IP address, or localhost"),
        whole("port", \.port, 0...65_535, "the port to listen on; 0 lets the system choose"),
        bundles,
        path("tls.certificate", \.tls.certificate, "file of the certificate chain, PEM"),
        path("tls.key", \.tls.key, "file of the private key, PEM"),
        path("access.keyFile", \.access.keyFile, "file of hashed keys"),
        path("access.jwksFile", \.access.jwksFile, "file of public keys for tokens (JWKS)"),
        path("access.jwtIssuer", \.access.jwtIssuer, "who must have issued a token"),
        path("access.jwtAudience", \.access.jwtAudience, "for whom a token must have been issued"),
        flag("access.allowAnonymous", \.access.allowAnonymous, "serve an address that others can reach without authentication"),
        rate,
        whole("access.principals", \.access.principals, 1...10_000_000, "principals whose rates are remembered"),
        bytes("limits.bodyBytes", \.limits.bodyBytes, 1024...(1 << 30), "largest body of a request"),
        bytes("limits.headerBytes", \.limits.headerBytes, 1024...(1 << 20), "largest header of a request"),
        whole("limits.batch", \.limits.batch, 1...100_000, "most sessions of one request"),
        whole("limits.eventsPerSession", \.limits.eventsPerSession, 1...1_000_000, "most events of a session"),
        whole("limits.fieldsPerEvent", \.limits.fieldsPerEvent, 1...10_000, "most fields of an event"),
        bytes("limits.fieldBytes", \.limits.fieldBytes, 1...(1 << 20), "largest value of a field"),
        whole("limits.connections", \.limits.connections, 1...1_000_000, "most connections at a time"),
        seconds("timeouts.headerSeconds", \.timeouts.headerSeconds, "from a request's first byte to the end of its header"),
        seconds(
            "timeouts.requestSeconds", \.timeouts.requestSeconds,
            "from a request's header to the end of its body and to its answer, and for each piece of a stream"),
        seconds("timeouts.idleSeconds", \.timeouts.idleSeconds, "silence on an open connection"),
        seconds("timeouts.drainSeconds", \.timeouts.drainSeconds, "for requests to end after the service was told to stop"),
        whole("load.queue", \.load.queue, 1...1_000_000, "requests that may be unanswered at a time; more are refused at once"),
        seconds("load.waitSeconds", \.load.waitSeconds, "longest wait of a request for its turn"),
        whole("sessions.count", \.sessions.count, 16...100_000_000, "sessions kept"),
        bytes("sessions.bytes", \.sessions.bytes, (1 << 20)...(1 << 40), "memory for all sessions"),
        seconds("sessions.idleSeconds", \.sessions.idleSeconds, "silence after which a session is forgotten"),
        seconds("sessions.ageSeconds", \.sessions.ageSeconds, "age at which a session is forgotten"),
        path("sessions.folder", \.sessions.folder, "folder in which sessions outlive the process"),
        path("ledger.file", \.ledger.file, "file of the ledger"),
        mode,
        whole("ledger.pending", \.ledger.pending, 1...1_000_000, "records that may wait where the ledger's mode is bounded-async"),
        path("log.access", \.log.access, "file of the access log; - for standard output"),
        bytes("log.bufferBytes", \.log.bufferBytes, 4096...(1 << 30), "lines of the access log that may wait"),
    ]

    private typealias Place<Value> = any WritableKeyPath<ServiceSettings, Value> & Sendable

    private static func text(_ name: String, _ place: Place<String>, _ help: String) -> SettingDefinition {
        SettingDefinition(
            name: name, help: help, takes: "a text",
            read: { text, settings in
                settings[keyPath: place] = text
                return !text.isEmpty
            }, show: { $0[keyPath: place] })
    }

    private static func path(_ name: String, _ place: Place<String?>, _ help: String) -> SettingDefinition {
        SettingDefinition(
            name: name, help: help, takes: "a text, or nothing",
            read: { text, settings in
                settings[keyPath: place] = text.isEmpty ? nil : text
                return !text.utf8.contains(0)
            }, show: { $0[keyPath: place] ?? "" })
    }

    private static func flag(_ name: String, _ place: Place<Bool>, _ help: String) -> SettingDefinition {
        SettingDefinition(
            name: name, help: help, takes: "true or false",
            read: { text, settings in
                guard let value = Bool(text) else { return false }
                settings[keyPath: place] = value
                return true
            }, show: { "\($0[keyPath: place])" })
    }

    private static func whole(_ name: String, _ place: Place<Int>, _ range: ClosedRange<Int>, _ help: String) -> SettingDefinition {
        SettingDefinition(
            name: name, help: help, takes: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { text, settings in
                guard let value = Int(text), range.contains(value) else { return false }
                settings[keyPath: place] = value
                return true
            }, show: { "\($0[keyPath: place])" })
    }

    private static func bytes(_ name: String, _ place: Place<Int>, _ range: ClosedRange<Int>, _ help: String) -> SettingDefinition {
        SettingDefinition(
            name: name, help: help + ", bytes",
            takes: "bytes from \(range.lowerBound) to \(range.upperBound), also as KiB, MiB or GiB such as 2MiB",
            read: { text, settings in
                let unit = [("KiB", 10), ("MiB", 20), ("GiB", 30)].first { text.hasSuffix($0.0) }
                let digits = unit == nil ? text[...] : text.dropLast(3)
                guard let number = Int(digits), (0...range.upperBound).contains(number) else { return false }
                let (value, isOver) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
                guard !isOver, range.contains(value) else { return false }
                settings[keyPath: place] = value
                return true
            }, show: { "\($0[keyPath: place])" })
    }

    private static func seconds(_ name: String, _ place: Place<Double>, _ help: String) -> SettingDefinition {
        SettingDefinition(
            name: name, help: help + ", seconds", takes: "seconds from 0.001 to 100000000",
            read: { text, settings in
                guard let value = Double(text), (0.001...1e8).contains(value) else { return false }
                settings[keyPath: place] = value
                return true
            }, show: { PrometheusText.number($0[keyPath: place]) })
    }

    private static let rate = SettingDefinition(
        name: "access.rate", help: "rate of principals without one of their own, in sessions; none where it is empty",
        takes: "a rate such as 200/s, 200/s:400 with a burst, 6000/m or 100/h",
        read: { text, settings in
            settings.access.rate = text.isEmpty ? nil : text
            return text.isEmpty || RequestRate(text: text) != nil
        }, show: { $0.access.rate ?? "" })

    private static let mode = SettingDefinition(
        name: "ledger.mode", help: "whether an answer waits until its record is on the disk",
        takes: ServiceSettings.LedgerMode.allCases.map(\.rawValue).joined(separator: " or "),
        read: { text, settings in
            guard let mode = ServiceSettings.LedgerMode(rawValue: text) else { return false }
            settings.ledger.mode = mode
            return true
        }, show: { $0.ledger.mode.rawValue })

    private static let bundles = SettingDefinition(
        name: "bundles", help: "models by the name under which they answer", takes: "NAME=FOLDER, several separated by commas",
        read: { text, settings in
            var bundles: [String: String] = [:]
            for entry in text.split(separator: ",") {
                guard let sign = entry.firstIndex(of: "=") else { return false }
                let (name, folder) = (entry[..<sign], entry[entry.index(after: sign)...])
                guard Principal.isName(name), !folder.isEmpty, bundles.updateValue(String(folder), forKey: String(name)) == nil else {
                    return false
                }
            }
            settings.bundles = bundles
            return true
        }, show: { settings in settings.bundles.keys.sorted().map { "\($0)=\(settings.bundles[$0]!)" }.joined(separator: ",") })
}
