import Foundation
import InferenceService
import Testing

@Suite struct ServiceSettingsTests {
    @Test func everySettingHasItsPlaceInEveryLayer() throws {
        let names = SettingDefinition.all.map(\.name)
        #expect(Set(names).count == names.count)
        let example = try #require(SettingDefinition.all.first { $0.name == "limits.bodyBytes" })
        #expect(example.flag == "--limits-body-bytes" && example.variable == "TESSERA_SERVE_LIMITS_BODY_BYTES")
        #expect(example.path == ["limits", "bodyBytes"])
        // What Codable writes and what the definitions name are the same settings.
        var full = ServiceSettings()
        (full.tls.certificate, full.tls.key) = ("c", "k")
        (full.access.keyFile, full.access.jwksFile, full.access.jwtIssuer, full.access.jwtAudience) = ("a", "b", "c", "d")
        (full.access.rate, full.sessions.folder, full.ledger.file, full.log.access) = ("1/s", "s", "l", "-")
        let tree = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(full)) as? [String: Any])
        var found: Set<String> = []
        for (key, value) in tree {
            if key != "bundles", let group = value as? [String: Any] {
                found.formUnion(group.keys.map { "\(key).\($0)" })
            } else {
                found.insert(key)
            }
        }
        #expect(found == Set(names))
    }

    @Test func whatIsShownReadsBackAsTheSame() throws {
        var settings = ServiceSettings()
        settings.bundles = ["retail": "models/retail", "b": "x=y"]
        settings.timeouts.requestSeconds = 2.25
        settings.ledger.mode = .boundedAsync
        settings.access.rate = "5/s:9"
        settings.load.waitSeconds = 0.5
        let lines = try SettingsResolution(
            flags: [
                "bundles": "retail=models/retail,b=x=y", "timeouts.requestSeconds": "2.25", "ledger.mode": "bounded-async",
                "access.rate": "5/s:9", "load.waitSeconds": "0.5",
            ])
        #expect(lines.settings == settings)
        let shown = Dictionary(
            uniqueKeysWithValues: lines.lines.map { line in
                let sides = line.components(separatedBy: "  # ")[0].components(separatedBy: " = ")
                return (sides[0], sides[1])
            })
        #expect(try SettingsResolution(flags: shown).settings == settings)
        let copy = try JSONDecoder().decode(ServiceSettings.self, from: JSONEncoder().encode(settings))
        #expect(copy == settings)
    }

    @Test func aFlagGoesBeforeTheEnvironmentBeforeTheFileBeforeTheDefault() throws {
        let file = SettingsLayer(["port": "1", "load.queue": "1", "limits.batch": "1"])
        let read = try SettingsResolution(
            flags: ["port": "3"],
            environment: ["TESSERA_SERVE_PORT": "2", "TESSERA_SERVE_LOAD_QUEUE": "2", "TESSERA_ENDPOINT": "http", "PATH": "x"],
            file: ("serve.yaml", file))
        #expect(read.settings.port == 3 && read.settings.load.queue == 2 && read.settings.limits.batch == 1)
        #expect(read.origins["port"] == .flag("--port"))
        #expect(read.origins["load.queue"] == .environment(variable: "TESSERA_SERVE_LOAD_QUEUE"))
        #expect(read.origins["limits.batch"] == .file(path: "serve.yaml"))
        #expect(read.origins["load.waitSeconds"] == .standard)
        #expect(read.lines.contains("port = 3  # flag --port"))
        #expect(read.lines.contains("limits.batch = 1  # file serve.yaml"))
        #expect(read.lines.contains("load.waitSeconds = 1  # default"))
        #expect(read.lines.count == SettingDefinition.all.count)
    }

    @Test(arguments: [
        ("port", "65536"), ("port", "http"), ("port", " 80"), ("access.allowAnonymous", "yes"), ("limits.bodyBytes", "1"),
        ("limits.bodyBytes", "2MB"), ("limits.bodyBytes", "9999999999GiB"), ("timeouts.idleSeconds", "0"), ("timeouts.idleSeconds", "nan"),
        ("timeouts.idleSeconds", "inf"), ("ledger.mode", "async"), ("access.rate", "fast"), ("bundles", "retail"), ("bundles", "a=b,a=c"),
        ("bundles", "a b=c"), ("address", ""), ("address", "example.org"), ("address", "127.1"), ("sessions.bytes", "-1"),
        ("load.queue", "0"),
    ])
    func aWrongValueIsNamedWithItsLayer(_ name: String, _ text: String) throws {
        let definition = try #require(SettingDefinition.all.first { $0.name == name })
        let layers: [(SettingOrigin, () throws -> SettingsResolution)] = [
            (.flag(definition.flag), { try SettingsResolution(flags: [name: text]) }),
            (.environment(variable: definition.variable), { try SettingsResolution(environment: [definition.variable: text]) }),
            (.file(path: "f.yaml"), { try SettingsResolution(file: ("f.yaml", SettingsLayer([name: text]))) }),
        ]
        for (origin, resolve) in layers {
            let refusal = #expect(throws: SettingRefusal.self) { _ = try resolve() }
            #expect(refusal?.setting == name && refusal?.origin == origin)
            #expect(refusal?.settingPath == definition.path)
            #expect(refusal?.description.contains(" — ") == true)
        }
        // Also where a later layer is right.
        if name == "port" {
            #expect(throws: SettingRefusal.self) { try SettingsResolution(flags: ["port": "1"], environment: ["TESSERA_SERVE_PORT": text]) }
        }
    }

    @Test func sizesHaveUnits() throws {
        let read = try SettingsResolution(flags: ["limits.bodyBytes": "2MiB", "sessions.bytes": "1GiB", "limits.headerBytes": "8192"])
        #expect(read.settings.limits.bodyBytes == 2 << 20 && read.settings.sessions.bytes == 1 << 30)
        #expect(read.settings.limits.headerBytes == 8192)
    }

    @Test func aMisspeltVariableIsRefused() {
        let refusal = #expect(throws: SettingRefusal.self) { try SettingsResolution(environment: ["TESSERA_SERVE_LIMIT_BODY_BYTES": "1"]) }
        #expect(refusal?.remedy == "did you mean TESSERA_SERVE_LIMITS_BODY_BYTES?")
        let other = #expect(throws: SettingRefusal.self) {
            try SettingsResolution(environment: ["TESSERA_SERVE_NOTHING_LIKE_IT_AT_ALL": ""])
        }
        #expect(other?.remedy.contains("--print-config") == true)
    }

    @Test func whatKubernetesMakesIsPassedOver() throws {
        let made = [
            "TESSERA_SERVE_PORT": "tcp://10.0.0.1:80", "TESSERA_SERVE_SERVICE_HOST": "10.0.0.1", "TESSERA_SERVE_SERVICE_PORT": "80",
            "TESSERA_SERVE_SERVICE_PORT_HTTP": "80", "TESSERA_SERVE_PORT_80_TCP": "tcp://10.0.0.1:80",
            "TESSERA_SERVE_PORT_80_TCP_PROTO": "tcp", "TESSERA_SERVE_PORT_80_TCP_PORT": "80", "TESSERA_SERVE_PORT_80_TCP_ADDR": "10.0.0.1",
        ]
        let read = try SettingsResolution(environment: made.merging(["TESSERA_SERVE_LOAD_QUEUE": "7"]) { $1 })
        #expect(read.settings.port == 8080 && read.origins["port"] == .standard && read.settings.load.queue == 7)
        #expect(read.notices.contains { $0.contains("Kubernetes") && $0.contains("TESSERA_SERVE_PORT, ") })
        #expect(!(try SettingsResolution(environment: ["TESSERA_SERVE_PORT": "80"])).notices.contains { $0.contains("Kubernetes") })
        for name in ["TESSERA_SERVE_PORT_80", "TESSERA_SERVE_SERVICE", "TESSERA_SERVE_SERVICE_NAME", "TESSERA_SERVE_PORT_X_TCP"] {
            #expect(throws: SettingRefusal.self, "\(name)") { try SettingsResolution(environment: [name: "tcp://10.0.0.1:80"]) }
        }
    }

    @Test(arguments: ["0.0.0.0", "::", "10.0.0.1", "192.168.1.4", "fe80::1", "::ffff:10.0.0.1", "128.0.0.1"])
    func anAddressThatOthersReachNeedsAuthentication(_ address: String) throws {
        let refusal = #expect(throws: SettingRefusal.self) { try SettingsResolution(environment: ["TESSERA_SERVE_ADDRESS": address]) }
        #expect(refusal?.setting == "address" && refusal?.origin == .environment(variable: "TESSERA_SERVE_ADDRESS"))
        #expect(refusal?.remedy.contains("access.allowAnonymous") == true)
        for flags in [
            ["access.keyFile": "keys"], ["access.allowAnonymous": "true"],
            ["access.jwksFile": "jwks", "access.jwtIssuer": "i", "access.jwtAudience": "a"],
        ] {
            let read = try SettingsResolution(flags: flags.merging(["address": address]) { $1 })
            #expect(read.settings.address == address)
            #expect(read.notices.contains { $0.contains("unencrypted") })
        }
    }

    @Test(arguments: ["127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "localhost"])
    func loopbackNeedsNone(_ address: String) throws {
        let read = try SettingsResolution(flags: ["address": address])
        #expect(!read.notices.contains { $0.contains("unencrypted") } && read.notices.contains { $0.contains("nobody is asked") })
    }

    @Test(arguments: [
        (["tls.certificate": "c"], "tls.certificate"), (["tls.key": "k"], "tls.key"), (["access.jwksFile": "j"], "access.jwksFile"),
        (["access.jwtIssuer": "i"], "access.jwtIssuer"), (["limits.fieldBytes": "4096", "limits.bodyBytes": "1024"], "limits.fieldBytes"),
        (["sessions.idleSeconds": "10", "sessions.ageSeconds": "5"], "sessions.idleSeconds"),
        (["timeouts.requestSeconds": "0.5"], "load.waitSeconds"),
    ])
    func settingsThatContradictEachOther(_ flags: [String: String], _ setting: String) {
        let refusal = #expect(throws: SettingRefusal.self) { try SettingsResolution(flags: flags) }
        #expect(refusal?.setting == setting)
        #expect(refusal?.origin == (flags[setting] == nil ? .standard : .flag("--" + setting.replacing(".", with: "-").kebab)))
    }

    @Test func aFileOfAnyFormatIsALayer() throws {
        let json =
            #"""
            {"port": 81, "limits": {"bodyBytes": "2MiB", "batch": 7}, "access": {"allowAnonymous": true, "keyFile": null},
            "timeouts": {"idleSeconds": 1.5}, "bundles": {"b": "two", "a": "one"}, "tls": null}
            """#
        let layer = try JSONDecoder().decode(SettingsLayer.self, from: Data(json.utf8))
        #expect(
            layer.values == [
                "port": "81", "limits.bodyBytes": "2MiB", "limits.batch": "7", "access.allowAnonymous": "true",
                "timeouts.idleSeconds": "1.5", "bundles": "a=one,b=two",
            ])
        #expect(try SettingsResolution(file: ("f.json", layer)).settings.bundles == ["a": "one", "b": "two"])
        for wrong in [#"{"limits": 3}"#, #"{"port": {}}"#, #"{"port": []}"#, #"{"bundles": ["a"]}"#, #"{"bundles": {"a": "b,c=d"}}"#] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(SettingsLayer.self, from: Data(wrong.utf8)) }
        }
    }

    @Test func operatorsAreToldWhatIsAllowedAndRisky() throws {
        let read = try SettingsResolution(
            flags: ["ledger.file": "l", "ledger.mode": "bounded-async", "ledger.pending": "9", "access.keyFile": "k"])
        #expect(read.notices == ["ledger.mode: a crash can lose the records of the last 9 answers"])
        #expect(try SettingsResolution().notices.contains("ledger.file: answers are not recorded"))
    }
}

extension String {
    fileprivate var kebab: String { map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined() }
}
