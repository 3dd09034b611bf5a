import Foundation
import SettingsFiles
import Testing

private struct Recipe: Codable, Equatable {
    struct Part: Codable, Equatable {
        var name: String
        var width: Int32?
    }
    enum Kind: String, Codable { case plain, fancy }
    var epochs: Int
    var rate: Double?
    var kind: Kind?
    var parts: [Part]?
    var columns: [String: String]?
}

private func fault(_ yaml: String) -> SettingsFileError? {
    #expect(throws: SettingsFileError.self) { try SettingsFile.read(Recipe.self, yaml: yaml, file: "r.yaml") }
}

@Suite struct SettingsFileTests {
    @Test func readsEveryKindOfValue() throws {
        let yaml = """
            epochs: 3
            rate: 1e-3   # a comment
            kind: fancy
            parts:
              - name: NO
              - {name: "null", width: 64}
            columns: {country: land}
            """
        let recipe = try SettingsFile.read(Recipe.self, yaml: yaml, file: "r.yaml")
        #expect(
            recipe
                == Recipe(
                    epochs: 3, rate: 1e-3, kind: .fancy, parts: [.init(name: "NO"), .init(name: "null", width: 64)],
                    columns: ["country": "land"]))
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let recipe = Recipe(epochs: 7, rate: 0.25, kind: .plain, parts: [.init(name: "12", width: nil)], columns: ["a": "true"])
        #expect(try SettingsFile.read(Recipe.self, yaml: SettingsFile.yaml(recipe), file: "r.yaml") == recipe)
    }

    @Test func unknownKeysAreNamedWithTheirLine() {
        #expect(
            fault("epochs: 3\nrates: 1\n")
                == .unknownKey(file: "r.yaml", line: 2, key: "rates", known: ["columns", "epochs", "kind", "parts", "rate"]))
        #expect(
            fault("epochs: 3\nparts:\n  - name: a\n    wide: 2\n")
                == .unknownKey(file: "r.yaml", line: 4, key: "wide", known: ["name", "width"]))
    }

    @Test func wrongValuesAreNamedWithTheirLine() {
        #expect(
            fault("epochs: many\n")
                == .badValue(file: "r.yaml", line: 1, key: "epochs", reason: "expected a whole number from \(Int.min) to \(Int.max)"))
        #expect(
            fault("epochs: 1\nparts:\n  - name: a\n    width: 3000000000\n")
                == .badValue(
                    file: "r.yaml", line: 4, key: "parts.0.width", reason: "expected a whole number from \(Int32.min) to \(Int32.max)"))
        guard case .badValue(_, 2, "kind", _)? = fault("epochs: 1\nkind: odd\n") else {
            Issue.record("a wrong case is refused at its line")
            return
        }
    }

    @Test func missingKeysAndBrokenTextAreFaults() {
        #expect(fault("rate: 1\n") == .missingKey(file: "r.yaml", line: 1, key: "epochs"))
        #expect(fault("") == .missingKey(file: "r.yaml", line: 1, key: "epochs"))
        guard case .malformed("r.yaml", _, _)? = fault("epochs: [1\n") else {
            Issue.record("broken YAML is refused")
            return
        }
        guard case .malformed("r.yaml", _, _)? = fault("epochs: 1\nepochs: 2\n") else {
            Issue.record("a key given twice is refused")
            return
        }
    }

    @Test func refusalsOfTheTypeItselfCarryTheirLine() {
        struct Narrow: Error, CustomStringConvertible, SettingFault {
            let settingPath = ["parts", "1", "wide"]
            let description = "too narrow"
        }
        struct Strict: Decodable {
            struct Key: CodingKey {
                let stringValue: String
                var intValue: Int? { nil }
                init?(stringValue: String) { self.stringValue = stringValue }
                init?(intValue: Int) { nil }
            }
            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: Key.self)
                guard try values.decode([Recipe.Part].self, forKey: #require(values.allKeys.first)).isEmpty else { throw Narrow() }
            }
        }
        #expect(throws: SettingsFileError.refused(file: "r.yaml", line: 3, reason: "too narrow")) {
            try SettingsFile.read(Strict.self, yaml: "parts:\n - name: a\n - name: b\n   width: 2\n", file: "r.yaml")
        }
    }

    @Test func aFileStandsOverTheBaseItNames() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "settings-\(UInt64.random(in: .min ... .max)).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        func read(_ yaml: String) throws -> Recipe {
            try Data(yaml.utf8).write(to: file)
            return try SettingsFile.read(
                Recipe.self, from: file.path,
                over: { name in
                    switch name {
                    case nil: Recipe(epochs: 1, rate: 0.5, columns: ["a": "b", "c": "d"])
                    case "long": Recipe(epochs: 100, kind: .fancy)
                    default: nil
                    }
                }, named: "preset")
        }
        #expect(try read("") == Recipe(epochs: 1, rate: 0.5, columns: ["a": "b", "c": "d"]))
        #expect(try read("columns: {a: x}\n") == Recipe(epochs: 1, rate: 0.5, columns: ["a": "x", "c": "d"]))
        #expect(try read("preset: long\nrate: 2\n") == Recipe(epochs: 100, rate: 2, kind: .fancy))
        #expect(
            throws: SettingsFileError.badValue(
                file: file.path, line: 2, key: "preset", reason: "there is no preset called longer")
        ) { try read("rate: 2\npreset: longer\n") }
        #expect(throws: SettingsFileError.self) { try read("preset: long\nrats: 2\n") }
    }

    @Test func filesThatCannotBeReadSayWhy() {
        #expect(throws: SettingsFileError.unreadable(file: "no/such/file.yaml", reason: "there is no such file")) {
            try SettingsFile.read(Recipe.self, from: "no/such/file.yaml")
        }
        #expect(throws: SettingsFileError.unreadable(file: ".", reason: "it is a directory")) {
            try SettingsFile.read(Recipe.self, from: ".")
        }
    }
}
