/// Where a setting's value came from.
public enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    /// Nothing says otherwise.
    case standard
    /// The settings file.
    case file(path: String)
    /// A variable of the environment.
    case environment(variable: String)
    /// The command line.
    case flag(String)

    /// In words, as `--print-config` shows it.
    public var description: String {
        switch self {
        case .standard: "default"
        case .file(let path): "file \(path)"
        case .environment(let variable): "environment \(variable)"
        case .flag(let flag): "flag \(flag)"
        }
    }
}

/// Takes: flags, environment and a file.   Gives: the settings, and for each of them where it came from.
///
/// A flag goes before the environment, the environment before the file, the file before the default.
public struct SettingsResolution: Sendable {
    /// What variables of the environment begin with.
    public static let variablePrefix = "TESSERA_SERVE_"

    /// The settings.
    public let settings: ServiceSettings
    /// By ``SettingDefinition/name``.
    public let origins: [String: SettingOrigin]
    /// Variables of the environment that are none of the service's settings.
    private let passedOver: [String]

    /// Lays the layers over each other and checks the whole.
    /// - Parameters:
    ///   - flags: texts by ``SettingDefinition/name``.
    ///   - environment: the process's variables; only those that begin with ``variablePrefix`` are looked at, and each must be known or one
    ///     that Kubernetes makes.
    ///   - file: what the settings file says, with its path.
    /// - Throws: the first ``SettingRefusal``, in the order of layers and names.
    public init(
        flags: [String: String] = [:], environment: [String: String] = [:], file: (path: String, layer: SettingsLayer)? = nil
    ) throws(SettingRefusal) {
        var settings = ServiceSettings()
        var origins: [String: SettingOrigin] = [:]
        let definitions = SettingDefinition.all
        for name in Set(flags.keys).subtracting(definitions.map(\.name)).sorted() {
            preconditionFailure("SettingsResolution: a flag for \(name), which is no setting")
        }
        let passedOver = environment.filter { Self.isOfKubernetes($0.key, $0.value) }.keys
        let environment = environment.filter { !passedOver.contains($0.key) }
        self.passedOver = passedOver.sorted()
        let stray = environment.keys.filter { $0.hasPrefix(Self.variablePrefix) }
        if let unknown = Set(stray).subtracting(definitions.map(\.variable)).min() {
            throw SettingRefusal(
                setting: unknown, origin: .environment(variable: unknown), reason: "no setting has this name",
                remedy: Self.nearest(to: unknown, among: definitions.map(\.variable)))
        }
        for definition in definitions {
            origins[definition.name] = .standard
            let layers: [(String?, SettingOrigin)] = [
                (file?.layer.values[definition.name], .file(path: file?.path ?? "")),
                (environment[definition.variable], .environment(variable: definition.variable)),
                (flags[definition.name], .flag(definition.flag)),
            ]
            // Each layer is read, though a later one goes before it: a mistake must not wait until the flag is left out.
            for case (let text?, let origin) in layers {
                guard definition.read(text, &settings) else {
                    throw SettingRefusal(
                        setting: definition.name, origin: origin, reason: "the value is not one", remedy: "give \(definition.takes)")
                }
                origins[definition.name] = origin
            }
        }
        (self.settings, self.origins) = (settings, origins)
        try SettingRules.check(settings) { origins[$0] ?? .standard }
    }

    /// One line a setting, `name = value  # origin`, for `--print-config`. No setting is a secret: secrets are in files that settings name.
    public var lines: [String] {
        SettingDefinition.all.map { "\($0.name) = \($0.show(settings))  # \((origins[$0.name] ?? .standard).description)" }
    }

    /// What an operator should know though it is allowed.
    public var notices: [String] {
        let names = passedOver.joined(separator: ", ")
        return (names.isEmpty ? [] : ["environment: passed over, since Kubernetes makes them for a service called tessera-serve: \(names)"])
            + SettingRules.notices(settings)
    }

    /// Whether a variable is one that Kubernetes gives to every container of a namespace with a service called `tessera-serve`: the first
    /// is `TESSERA_SERVE_PORT=tcp://10.0.0.1:80` (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
    private static func isOfKubernetes(_ name: String, _ value: String) -> Bool {
        guard name.hasPrefix(variablePrefix) else { return false }
        let words = name.dropFirst(variablePrefix.count).split(separator: "_", omittingEmptySubsequences: false)
        if words[0] == "SERVICE", words.count > 1 { return words[1] == "HOST" || words[1] == "PORT" }
        guard words[0] == "PORT" else { return false }
        if words.count == 1 { return ["tcp://", "udp://", "sctp://"].contains { value.hasPrefix($0) } }
        return words.count >= 3 && Int(words[1]) != nil && ["TCP", "UDP", "SCTP"].contains(words[2])
    }

    static func nearest(to word: String, among known: [String]) -> String {
        let nearest = known.min { distance(word, $0) < distance(word, $1) } ?? ""
        return distance(word, nearest) <= 4 ? "did you mean \(nearest)?" : "remove it; --print-config shows the names"
    }

    /// Letters to change, add or drop (Levenshtein).
    private static func distance(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first.utf8), Array(second.utf8))
        var row = Array(0...second.count)
        for (index, byte) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in 0..<second.count {
                let next = min(row[column] + 1, row[column + 1] + 1, diagonal + (second[column] == byte ? 0 : 1))
                diagonal = row[column + 1]
                row[column + 1] = next
            }
        }
        return row[second.count]
    }
}

/// A setting that cannot be used: which, from which layer, why, and what to do. Does not repeat the value.
public struct SettingRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// ``SettingDefinition/name``, or the variable that no setting has.
    public var setting: String
    /// The layer it came from.
    public var origin: SettingOrigin
    /// Why.
    public var reason: String
    /// What to do.
    public var remedy: String

    init(setting: String, origin: SettingOrigin, reason: String, remedy: String) {
        (self.setting, self.origin, self.reason, self.remedy) = (setting, origin, reason, remedy)
    }

    /// A flag that is none of a setting's.
    public init(unknownFlag flag: String) {
        self.init(
            setting: flag, origin: .flag(flag), reason: "no setting has this flag",
            remedy: SettingsResolution.nearest(to: flag, among: SettingDefinition.all.map(\.flag)))
    }

    /// A flag with nothing behind it.
    public init(flagWithoutValue definition: SettingDefinition) {
        self.init(
            setting: definition.name, origin: .flag(definition.flag), reason: "no value follows", remedy: "give \(definition.takes)")
    }

    /// Keys from the top of the settings file, so that its line can be found.
    public var settingPath: [String] { setting.split(separator: ".").map(String.init) }

    /// Setting, layer, reason and remedy in one line.
    public var description: String { "\(setting) (\(origin)): \(reason) — \(remedy)" }
}
