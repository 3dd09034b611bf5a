public import IntentTaxonomy
public import SettingsFiles

extension PurposeError: SettingFault {
    /// Keys from the top of the file to what the rules must not say.
    public var settingPath: [String] {
        if case .rules(let path, _, _) = self { return path }
        return []
    }
}
