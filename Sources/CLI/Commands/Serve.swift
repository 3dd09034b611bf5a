internal import ArgumentParser
internal import Audit
internal import DecisionRecords
internal import Dispatch
internal import DurableFiles
internal import Glibc
internal import InferenceServer
internal import InferenceService
internal import SettingsFiles
internal import Synchronization

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer over HTTP: embeddings, intents with evidence, tiles, conversions and credit scores.",
        discussion: """
            Loads what `tessera pack` wrote and answers on 127.0.0.1:8080, with the bytes that the commands write for the same sessions. \
            `/` is a page to try a journey, `/docs` tells every route. SIGHUP reads bundles, keys and certificates anew without dropping \
            a request; SIGTERM answers what came and ends. With a ledger every decision that is told is on record, with the name of the \
            key or token that asked and the id of the request, as the access log has them. Others than this machine can reach it only \
            where callers need a key or token, or --access-allow-anonymous says that nobody does.

            Every setting is a flag, a variable of the environment, or a key of the settings file; flags go first, then the environment, \
            then the file. --print-config shows all with where each came from:

            \(Self.settingsText)

            Example: tessera pack --corpus bank.corpus --model bank.model --intents bank.serving --out bank.bundle && \
            tessera serve --bundles bank=bank.bundle
            Example: tessera serve --config serve.yaml --port 8443 --access-key-file keys.txt
            """)

    @Option(help: ArgumentHelp("Settings file.", valueName: "serve.yaml"), completion: .file(extensions: ["yaml", "yml", "json"]))
    var config: String?
    @Flag(help: "Print every setting with where it came from, and end.") var printConfig = false
    @Option(help: ArgumentHelp("Who decides, as the ledger says it: a program or role, no person's name.", valueName: "name"))
    var actor = "tessera serve"
    @Flag(
        inversion: .prefixedNo,
        help: "Keep the inputs in the ledger, sealed under a key of each subject, so that decisions can be replayed.")
    var keepInputs = true
    @Flag(help: "Make a ledger that nobody signs: it finds accidents, and stops nobody who can write the file.") var unsigned = false
    @OptionGroup var ledgerKey: LedgerKeyOption
    @OptionGroup var vaultKey: VaultKeyOption
    @OptionGroup var key: KeyOption
    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Settings as flags.", visibility: .hidden)) var settings: [String] = []

    private static var settingsText: String {
        SettingDefinition.all.map { "  \($0.flag)  \($0.help)" }.joined(separator: "\n")
    }

    func run() throws {
        let resolution = try resolve()
        if printConfig { return try StandardOutput.print(resolution.lines.joined(separator: "\n")) }
        for notice in resolution.notices { StandardError.write("serve: \(notice)\n") }
        let failure = Mutex<(any Error)?>(nil)
        let done = DispatchSemaphore(value: 0)
        let command = self
        let run = ServiceRun(resolution.settings)
        Task {
            do { try await run.serve(command) } catch { failure.withLock { $0 = error } }
            done.signal()
        }
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Flags, environment and file.
    private func resolve() throws -> SettingsResolution {
        var file: (path: String, layer: SettingsLayer)?
        if let config { file = (config, try SettingsFile.read(SettingsLayer.self, from: config)) }
        var environment: [String: String] = [:]
        for definition in SettingDefinition.all {
            if let value = getenv(definition.variable) { environment[definition.variable] = String(cString: value) }
        }
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            let name = String(text.prefix { $0 != "=" })
            if name.hasPrefix(SettingsResolution.variablePrefix) { environment[name] = String(text.dropFirst(name.count + 1)) }
            next += 1
        }
        do throws(SettingRefusal) {
            return try SettingsResolution(flags: try flags(), environment: environment, file: file)
        } catch {
            throw CommandFault(code: EX_CONFIG, place: "\(error.setting) (\(error.origin))", reason: error.reason, remedy: error.remedy)
        }
    }

    /// The settings among the arguments.
    private func flags() throws(SettingRefusal) -> [String: String] {
        var flags: [String: String] = [:]
        var rest = settings[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let definition = SettingDefinition.all.first(where: { $0.flag == parts[0] }) else {
                throw SettingRefusal(unknownFlag: parts[0])
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst(),
                parts.count == 2 || !SettingDefinition.all.contains(where: { $0.flag == value })
            else { throw SettingRefusal(flagWithoutValue: definition) }
            if definition.name == "bundles", let others = flags["bundles"] {
                flags["bundles"] = "\(others),\(value)"
            } else {
                flags[definition.name] = value
            }
        }
        return flags
    }
}

/// One run of the service: what it opens, and what it says on the way.
struct ServiceRun: Sendable {
    let settings: ServiceSettings

    init(_ settings: ServiceSettings) { self.settings = settings }

    func serve(_ command: Serve) async throws {
        let started = ContinuousClock.now
        let ledger = settings.ledger.file
        let bundles: BundleSet
        do throws(BundleError) {
            bundles = try BundleSet(settings.bundles) { classifier, taxonomy throws(BundleError) in
                try Self.suspended(ledger, classifier, taxonomy)
            }
        } catch { throw CommandFault(code: EX_DATAERR, place: "bundles", reason: error.description, remedy: "nothing is served") }
        let access = settings.access
        let reading: Authenticator.Reading = { () async throws(APIKeyFileError) in try await Self.callers(access) }
        let authenticator = Authenticator(try await reading(), reading: reading)
        let journal = try journal(command)
        let log = settings.log.access.map {
            AccessLogWriter(capacity: settings.log.bufferBytes, to: $0 == "-" ? AccessLogWriter.standardOutput() : AccessLogWriter.file($0))
        }
        let faults = FaultLog(to: AccessLogWriter(capacity: 1 << 16, to: AccessLogWriter.standardError()))
        let remembered = try rememberedSessions()
        let service = ScoringService(
            .init(
                settings: settings, bundles: bundles, authenticator: authenticator, journal: journal, log: log, faults: faults,
                version: Version.text), remembered: remembered)
        let loaded = bundles.all.map { Self.named($0.name, $0.version) }.joined(separator: ", ")
        StandardError.write("serve: loaded \(loaded) in \(Reading.duration(started.secondsSince))\n")
        let server = HTTPServer(service) { Self.tell($0) }
        defer {
            journal?.close()
            log?.close()
            faults.close()
        }
        do { try await server.run() } catch let fault as ServerFault {
            throw CommandFault(code: EX_CONFIG, place: fault.setting, reason: fault.reason, remedy: "correct the setting")
        } catch let fault as ListenFault {
            throw CommandFault(
                code: EX_UNAVAILABLE, place: "\(settings.address):\(settings.port)", reason: fault.reason, remedy: fault.remedy)
        }
        try remembered.close()
        journal?.close()
        if let journal, let reason = journal.failure {
            throw CommandFault(
                code: EX_IOERR, place: settings.ledger.file ?? "ledger.file", reason: "it could not be written at the end: \(reason)",
                remedy: "mend it; of \(journal.statistics.failed) decisions since the start there is no record")
        }
        StandardError.write("serve: the end\n")
    }

    /// Who may ask.
    private static func callers(_ access: ServiceSettings.Access) async throws(APIKeyFileError) -> Authenticator.Callers {
        var keys: APIKeyFile?
        if let file = access.keyFile { keys = try APIKeyFile.read(file) }
        guard let jwks = access.jwksFile else { return Authenticator.Callers(keys: keys, tokens: nil) }
        let verifier = try await TokenVerifier(jwksFile: jwks, issuer: access.jwtIssuer ?? "", audience: access.jwtAudience ?? "")
        return Authenticator.Callers(keys: keys) { await verifier.principal(presenting: $0, now: $1) }
    }

    private func rememberedSessions() throws -> SessionStore<RememberedSession> {
        let own = settings.sessions
        let limits = SessionLimits(sessions: own.count, bytes: own.bytes, idleSeconds: own.idleSeconds, ageSeconds: own.ageSeconds)
        guard let folder = own.folder else { return SessionStore(limits: limits, size: RememberedSession.size) }
        return try SessionStore(limits: limits, folder: folder, coding: RememberedSession.coding, size: RememberedSession.size)
    }

    /// What a ledger says is suspended, so that a copy of a bundle without its file of suspensions tells nothing that it must not.
    private static func suspended(_ ledger: String?, _ classifier: String, _ taxonomy: String) throws(BundleError) -> [String] {
        guard let ledger else { return [] }
        do {
            guard try Ledger.exists(at: ledger) else { return [] }
            return try ReviewRecord.suspended(in: Ledger(at: ledger, .readOnly), classifier: classifier, taxonomy: taxonomy)
        } catch { throw BundleError("\(error)") }
    }

    /// Where decisions are recorded; nil without a ledger. Opened at once, so that a wrong key is told before anybody asks.
    private func journal(_ command: Serve) throws -> DecisionJournal? {
        guard let ledger = settings.ledger.file else { return nil }
        let sealing = try command.vaultKey.key()
        if command.keepInputs, sealing == nil {
            throw CommandFault(
                code: EX_CONFIG, place: "ledger.file", reason: "the inputs are to be kept and there is no key to seal them",
                remedy: "name a key file with --vault-key or set TESSERA_VAULT_KEY, or leave the inputs out with --no-keep-inputs")
        }
        let signing = try command.ledgerKey.key()
        try LedgerOptions.checkSigning(ledger, key: signing, unsigned: command.unsigned)
        _ = try Ledger(at: ledger, .createIfMissing, signingKey: signing)
        if let sealing { _ = try SubjectVault(besides: ledger, .createIfMissing, master: sealing) }
        let (actor, keepsInputs) = (command.actor, command.keepInputs)
        return DecisionJournal(
            isSync: settings.ledger.mode == .sync, most: settings.ledger.pending, key: try command.key.bytes(),
            told: { reason in
                StandardError.write(reason.map { "serve: the ledger cannot be written: \($0)\n" } ?? "serve: the ledger is written again\n")
            },
            settings: { purpose in
                var settings = DecisionRecorder.Settings(purpose: purpose, actor: actor, software: "tessera \(Version.text)")
                settings.keepsInputs = keepsInputs
                return settings
            },
            opening: { () throws(LedgerError) in
                let opened = try Ledger(at: ledger, .createIfMissing, signingKey: signing)
                guard let sealing else { return (opened, nil) }
                return (opened, try SubjectVault(besides: ledger, .createIfMissing, master: sealing))
            })
    }

    /// A bundle with the beginning of its digest, and with what tells the suspended intents, where there are any.
    private static func named(_ name: String, _ version: String) -> String { "\(name) \(version.prefix(12))…\(version.dropFirst(64))" }

    private static func tell(_ event: HTTPServer.Event) {
        switch event {
        case .listening(let address, let port, let isEncrypted):
            let host = address.contains(":") ? "[\(address)]" : address
            StandardError.write("serve: listening on \(isEncrypted ? "https" : "http")://\(host):\(port)\n")
        case .reloaded(let changes):
            let told = changes.map { Self.named($0.name, $0.version) + ($0.isChanged ? "" : " as before") }.joined(separator: ", ")
            StandardError.write("serve: reloaded \(told)\n")
        case .reloadFailed(let reason):
            StandardError.write(
                "serve: not reloaded: \(reason); what was there goes on, but for keys and certificates that were read before it\n")
        case .limited(let connections, let files):
            StandardError.write(
                "serve: limits.connections: the system lets the process open \(files) files, enough for \(connections) connections\n")
        case .draining: StandardError.write("serve: told to stop; answering what came\n")
        }
    }
}

extension ContinuousClock.Instant {
    /// Seconds from here to now.
    fileprivate var secondsSince: Double {
        let passed = ContinuousClock.now - self
        return Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18
    }
}
