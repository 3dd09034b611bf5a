import EventStream
import SequenceEmbedding
import SettingsFiles
import SyntheticBank

/// Settings files: read, refused with a line, or a value that comes back as it was.
enum Settings {
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String? { String(validating: bytes, as: UTF8.self) }

    private static func refused(_ error: SettingsFileError, _ text: String) {
        let lines = text.unicodeScalars.count { $0 == "\n" || $0 == "\r" || $0 == "\u{85}" || $0 == "\u{2028}" || $0 == "\u{2029}" } + 2
        switch error {
        case .unreadable: promise(false, "a text is unreadable")
        case .malformed(_, let line, _), .unknownKey(_, let line, _, _), .missingKey(_, let line, _), .badValue(_, let line, _, _),
            .refused(_, let line, _):
            promise((0...lines).contains(line), "line \(line) of \(lines): \(error)")
        }
    }

    /// What is written is read back.
    static func isStable<Value: Codable & Equatable>(_ value: Value) {
        do {
            let text = try SettingsFile.yaml(value)
            let again = try SettingsFile.read(Value.self, yaml: text, file: "again")
            promise(again == value, "\(value) comes back as \(again)")
        } catch { promise(false, "its own text is refused: \(error)") }
    }

    static let mapping: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let text = text(bytes) else { return }
        do throws(SettingsFileError) {
            let mapping = try SettingsFile.read(ExportMapping.self, yaml: text, file: "mapping")
            isStable(mapping)
            do throws(ExportError) {
                try mapping.validate()
                let rows = Array("a,b,c\n1,2,3\n{\"a\":1}\n".utf8)
                Exports.agreed(rows, mapping)
            } catch { promise(!error.remedy.isEmpty, "a refusal without a remedy") }
        } catch { refused(error, text) }
    }

    static let configuration: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let text = text(bytes) else { return }
        let file = MemoryFile(bytes)
        do throws(SettingsFileError) {
            let configuration = try SettingsFile.read(
                ModelConfiguration.self, from: file.path,
                over: { name in
                    guard let name else { return ModelConfiguration() }
                    return ModelConfiguration.Preset(rawValue: name).map { ModelConfiguration(preset: $0) }
                }, named: "preset", check: { try $0.validate() })
            isStable(configuration)
        } catch { refused(error, text) }
    }

    static let bank: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let text = text(bytes) else { return }
        do throws(SettingsFileError) {
            let bank = try SettingsFile.read(BankConfiguration.self, yaml: text, file: "bank")
            do { try bank.validate() } catch { promise(!"\(error)".isEmpty, "a refusal says nothing") }
        } catch { refused(error, text) }
    }
}
