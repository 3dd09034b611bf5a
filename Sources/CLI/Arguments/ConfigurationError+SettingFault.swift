public import SequenceEmbedding
public import SettingsFiles

extension ConfigurationError: SettingFault {
    /// Keys from the top of the file to the setting.
    public var settingPath: [String] {
        switch self {
        case .unknownKeys(let place, let keys, _): (place.isEmpty ? [] : place.split(separator: ".").map(String.init)) + keys.prefix(1)
        case .outOfRange(let setting, _, _), .noSuchField(let setting, _, _): setting.split(separator: ".").map(String.init)
        case .headsDoNotDivideWidth: ["heads"]
        case .conflict(let first, _, _): first.split(separator: ".").map(String.init)
        }
    }
}
