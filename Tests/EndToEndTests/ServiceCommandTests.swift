import Foundation
import Testing

/// `tessera pack` and `tessera serve`, as a person runs them on the simulated bank.
@Suite(.serialized) struct ServiceCommandTests {
    /// A service that runs until the value is let go.
    final class Service {
        let running: Running
        let address: String

        /// Waits until it listens.
        init(_ arguments: [String], in bench: Workbench, environment: [String: String] = [:]) throws {
            let log = bench.folder.appending(path: "serve-\(UInt32.random(in: 0...(.max))).log")
            running = try Running(
                ["serve", "--port", "0"] + arguments, in: bench.folder, environment: environment, shell: "exec \"$@\" 2> \(log.path)")
            let deadline = Date(timeIntervalSinceNow: 30)
            while true {
                let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("serve: listening on ") }) {
                    address = String(line.dropFirst("serve: listening on ".count))
                    return
                }
                guard running.isRunning, Date.now < deadline else { throw Failure(text: text) }
                Thread.sleep(forTimeInterval: 0.05)
            }
        }

        struct Failure: Error { let text: String }

        deinit { running.send(SIGKILL) }
    }

    /// A bank with its bundles: sessions, tiles and forecasts in `bank.bundle`, applicants in `credit.bundle`.
    private static func bench() throws -> Workbench {
        let bench = try AppBench.bench()
        try bench.write("{ width: 8, layers: 1, heads: 2, epochs: 1 }\n", to: "m.yaml")
        let quick = "framework: {epochs: 1}\nbusiness: {folds: 2, seeds: 2}\n"
        for command in [
            ["pretrain", "c", "--preset", "tiny", "--epochs", "1", "--out", "m"],
            ["labels", "import", "bank/labels/annotators.jsonl", "--corpus", "c", "--taxonomy", taxonomy, "--out", "l"],
            ["intents", "train", "c", "--model", "m", "--labels", "l", "--out", "i"],
            ["intents", "pack", "i", "--model", "m", "--taxonomy", taxonomy, "--out", "s"],
            AppBench.ranking + ["r", "--model", "m", "--intents", "s"],
            AppBench.converting + ["p", "--model", "m"],
            ["simulate", "--visitors", "1", "--applicants", "400", "--seed", "4", "--out", "people"],
        ] { _ = try AppBench.require(command, in: bench) }
        let text = String(decoding: try bench.data("people/credit/framework.yaml"), as: UTF8.self)
        try bench.write(text + quick, to: "people/credit/framework.yaml")
        // A catalogue may come compressed; the bundle has it as text.
        try shell("gzip -c bank/app/tiles.csv > tiles.csv.gz", in: bench)
        for command in [
            ["credit", "train", "people/credit/framework.yaml", "--judges", "0.4", "--out", "credit.model"],
            [
                "pack", "--corpus", "c", "--model", "m", "--intents", "s", "--ranker", "r", "--tiles", "tiles.csv.gz", "--predictor", "p",
                "--out", "bank.bundle",
            ],
            ["pack", "--credit", "credit.model", "--out", "credit.bundle"],
        ] { _ = try AppBench.require(command, in: bench) }
        return bench
    }

    private static let taxonomy =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "taxonomy/retail-bank.yaml").path

    /// A shell with curl, in the folder; gives what it printed, and fails where a command of it does.
    @discardableResult
    private static func shell(_ text: String, in bench: Workbench) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-euo", "pipefail", "-c", text]
        process.currentDirectoryURL = bench.folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let told = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(told.suffix(2000))")
        return told
    }

    /// The shell block of the README behind a heading.
    private static func readme(_ heading: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let after = try #require(text.range(of: "\n\(heading)\n"), "the README has no \(heading)").upperBound
        let begin = try #require(text[after...].range(of: "```sh\n")).upperBound
        let end = try #require(text[begin...].range(of: "```\n")).lowerBound
        return String(text[begin..<end])
    }

    /// The rows of a credit table that belong to somebody, as objects.
    private static func rows(_ bench: Workbench, _ file: String, of id: String) throws -> [[String: String]] {
        let (header, rows) = try AppBench.rows(bench, "people/credit/\(file)")
        return rows.filter { $0.contains(id) }.map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
    }

    @Test func readmeExamples() throws {
        let bench = try Self.bench()
        _ = try AppBench.require(["sessions", "export", "c", "--out", "sessions.jsonl"], in: bench)
        var tables: [String: Any] = [:]
        // By the names that the configuration gives to the files.
        for (name, file) in [("applicants", "applicants"), ("app", "behaviours"), ("bureau", "bureau"), ("statements", "statements")] {
            tables[name] = try Self.rows(bench, "\(file).csv", of: "a0000007")
        }
        try bench.write(JSONSerialization.data(withJSONObject: ["tables": tables]), to: "applicant.json")
        let made = try AppBench.require(
            ["api-key", "admin", "--scopes", "embed,intents,rank,convert,credit,metrics,admin", "--json"], in: bench
        )
        .json()
        let key = try #require(made["key"] as? String)
        try bench.write(try #require(made["line"] as? String) + "\n", to: "keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: bench.folder.appending(path: "keys").path)
        let service = try Service(
            ["--bundles", "bank=bank.bundle", "--bundles", "credit=credit.bundle", "--access-key-file", "keys"], in: bench)
        var block = try Self.readme("### One call for each route")
        block = block.replacingOccurrences(of: "http://127.0.0.1:8080", with: service.address)
        // The README's calls carry no key; everything else is run as it stands there.
        block = block.replacingOccurrences(of: " -H \"X-Api-Key: $ADMIN_KEY\"", with: "")
            .replacingOccurrences(of: "curl -sS", with: "curl -sS -H \"X-Api-Key: $ADMIN_KEY\"")
        let told = try Self.shell("ADMIN_KEY=\(key)\n\(block)", in: bench)
        for words in [
            "\"fields\":[", "\"label\":{\"session\":\"s1\"", "\"embedding\":[", "\"tiles\":[{\"tile\":", "\"points\":", "\"events\":1",
            "\"object\":\"list\"", "\"platform\":\"tessera\"", "{\"ready\":true}", "tessera_requests_total", "\"reloaded\":[",
        ] { #expect(told.contains(words), "\(words) is not in what the README's calls print") }
        #expect(!told.contains("\"error\""), "\(told.suffix(3000))")
        service.running.send(SIGTERM)
        let end = try service.running.finish()
        #expect(end.code == 0)
    }

    @Test func batchesAreTheCommandsBytes() throws {
        let bench = try Self.bench()
        _ = try AppBench.require(["sessions", "export", "c", "--out", "sessions.jsonl"], in: bench)
        _ = try AppBench.require(
            ["label", "c", "--model", "m", "--intents", "s", "--words", "bank.bundle/words.json", "--out", "labels.jsonl"], in: bench)
        let service = try Service(["--bundles", "bank=bank.bundle"], in: bench)
        try Self.shell(
            """
            curl -sS --fail --data-binary @sessions.jsonl -H 'Content-Type: application/jsonl' \(service.address)/v1/sessions:batch \
                | sed -E 's/^.*"label":(\\{.*\\}),"bundle":\\{[^}]*\\}\\}$/\\1/' | cmp - labels.jsonl
            curl -sS --fail --data-binary @sessions.jsonl -H 'Content-Type: application/jsonl' \(service.address)/v1/sessions:batch > new
            curl -sS -0 --fail --data-binary @sessions.jsonl -H 'Content-Type: application/jsonl' \(service.address)/v1/sessions:batch -i > old
            if grep -qi 'transfer-encoding' old; then echo 'HTTP/1.0 is told chunks' >&2; exit 1; fi
            sed '1,/^\r$/d' old | cmp - new
            """, in: bench)
        // A stream goes on beyond every time but that of one piece, however long what was read waits for its rate.
        let slow = try Service(
            [
                "--bundles", "bank=bank.bundle", "--access-rate", "25/s:1", "--timeouts-request-seconds", "1", "--timeouts-idle-seconds",
                "1", "--limits-body-bytes", "64KiB",
            ], in: bench)
        let told = try Self.shell(
            """
            for line in $(seq 120); do head -c 50000 /dev/zero | tr '\\0' x; echo; done > lines
            curl -sS --fail --data-binary @lines -H 'Content-Type: application/jsonl' \(slow.address)/v1/sessions:batch | grep -c bad_request
            """, in: bench)
        #expect(told == "120\n")
    }

    /// What the service records is whole, says who asked, and is made again byte for byte; what is forgotten is nowhere on the disk.
    @Test func decisionsAreReplayed() throws {
        let bench = try Self.bench()
        for name in ["ledger", "vault"] { _ = try AppBench.require(["audit", "key", "\(name).key"], in: bench) }
        let keys = ["--ledger-key", "ledger.key", "--vault-key", "vault.key"]
        let service = try Service(
            ["--bundles", "bank=bank.bundle", "--ledger-file", "l.ledger", "--sessions-folder", "kept", "--log-access", "access.jsonl"]
                + keys, in: bench)
        let told = try Self.shell(
            """
            S='{"events":[{"time":"2026-01-05T09:00:00Z","url":"/credit-cards"},{"time":"2026-01-05T09:00:21Z","url":"/search"}]'
            C='{"customer_id":"c7","segment":"premier"}'
            ask() { curl -sS --fail-with-body -H 'Content-Type: application/json' -H 'X-Request-Id: call-1' "$@"; echo; }
            B=\(service.address)
            ask $B/v1/sessions:score -d "$S}"
            ask $B/v1/sessions:score -d "$S,\\"visitor\\":\\"v\\",\\"want\\":[\\"intents\\",\\"conversion\\"],\\"customer\\":$C}"
            ask $B/v1/sessions:rank -d "{\\"impression_id\\":\\"i1\\",\\"customer\\":$C}"
            for n in 1 2 3; do ask $B/v1/sessions/grows-secretly/events -d "${S//09:00/09:0$n}}"; done
            grep -c grows-secretly kept/sessions.log
            ask $B/v1/sessions/grows-secretly -X DELETE
            ! grep -q grows-secretly kept/sessions.log
            """, in: bench)
        #expect(!told.contains("\"error\""), "\(told)")
        service.running.send(SIGTERM)
        #expect(try service.running.finish().code == 0)
        _ = try AppBench.require(["audit", "verify", "l.ledger"], in: bench)
        let replayed = try AppBench.require(
            ["audit", "replay", "l.ledger", "--sample", "100", "--vault-key", "vault.key", "--json"], in: bench
        ).json()
        #expect(replayed["decisions"] as? Int == 7 && replayed["same"] as? Int == 7, "\(replayed)")
        let shown = try AppBench.require(
            ["audit", "subject", "show", "l.ledger", "--visitor", "c7", "--vault-key", "vault.key"], in: bench)
        #expect(shown.output.contains("\"caller\":\"anonymous\",\"request\":\"call-1\""), "\(shown.output)")
        let log = String(decoding: try bench.data("access.jsonl"), as: UTF8.self)
        #expect(log.contains("\"id\":\"call-1\",\"principal\":\"anonymous\",\"route\":\"/v1/sessions:rank\""))
    }

    @Test func settingsAreTold() throws {
        let bench = try Workbench()
        try bench.write("port: 9000\nlimits:\n  bodyBytes: 2MiB\n", to: "serve.yaml")
        let run = try CommandRun.tessera(
            ["serve", "--config", "serve.yaml", "--print-config", "--load-queue", "7"], in: bench.folder,
            environment: ["TESSERA_SERVE_PORT": "9001"])
        #expect(run.code == 0)
        #expect(run.output.contains("port = 9001  # environment TESSERA_SERVE_PORT"))
        #expect(run.output.contains("limits.bodyBytes = 2097152  # file serve.yaml"))
        #expect(run.output.contains("load.queue = 7  # flag --load-queue"))
        #expect(run.output.contains("address = 127.0.0.1  # default"))
        for (arguments, words) in [
            (["--load-quene", "7"], "did you mean --load-queue?"), (["--port", "70000"], "give a whole number from 0 to 65535"),
            (["--address", "0.0.0.0"], "nobody would be asked who they are"), (["--port"], "no value follows"),
        ] {
            let refused = try CommandRun.tessera(["serve"] + arguments + ["--bundles", "a=b"], in: bench.folder)
            #expect(refused.code == 78 && refused.talk.contains(words), "\(arguments): \(refused.talk)")
        }
        let missing = try CommandRun.tessera(["serve", "--bundles", "a=b"], in: bench.folder)
        #expect(missing.code == 65 && missing.talk.contains("no serving bundle here"), "\(missing.talk)")
    }

    @Test func keysAreMadeAndHashed() throws {
        let bench = try Workbench()
        let run = try CommandRun.tessera(["api-key", "web", "--scopes", "embed,intents", "--rate", "200/s"], in: bench.folder)
        let key = try #require(run.talk.split(separator: " ").last.map { String($0).trimmingCharacters(in: .newlines) })
        #expect(run.code == 0 && key.hasPrefix("tsk_") && !run.output.contains(key) && run.output.hasPrefix("web embed,intents 200/s "))
        #expect(try CommandRun.tessera(["api-key", "web", "--scopes", "everything"], in: bench.folder).code == 64)
    }
}
