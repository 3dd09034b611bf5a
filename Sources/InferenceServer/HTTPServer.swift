internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import InferenceService
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import ServiceLifecycle
internal import UnixSignals

/// Runs a service on a socket until it is told to stop.
package struct HTTPServer: Sendable {
    /// What happens, for whoever watches.
    package enum Event: Sendable {
        /// It listens.
        case listening(address: String, port: Int, encrypted: Bool)
        /// All bundles were read anew.
        case reloaded([BundleSet.Change])
        /// A reload failed; what was there goes on.
        case reloadFailed(String)
        /// The system lets the process open too few files for as many connections as the settings say.
        case limited(connections: Int, files: Int)
        /// It was told to stop, and answers what it was asked.
        case draining
    }

    private let service: ScoringService
    private let settings: ServiceSettings
    private let told: @Sendable (Event) -> Void

    /// A server.
    package init(_ service: ScoringService, told: @escaping @Sendable (Event) -> Void) {
        (self.service, self.told, settings) = (service, told, service.settings)
    }

    /// Serves until SIGTERM or SIGINT; SIGHUP reads the bundles anew.
    /// - Throws: what the system says where it cannot listen, and ``ServerFault`` where certificate or key cannot be used.
    package func run() async throws {
        let loops = MultiThreadedEventLoopGroup.singleton
        try await withTaskExecutorPreference(EventLoopExecutor(loops)) { try await serve(loops) }
    }

    private func serve(_ loops: MultiThreadedEventLoopGroup) async throws {
        var quiet = Logger(label: "tessera") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        let logger = quiet
        let (settings, told) = (settings, told)
        let room = OpenFiles.room(forConnections: settings.limits.connections)
        if room.connections < settings.limits.connections { told(.limited(connections: room.connections, files: room.files)) }
        let connection = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionGuard(headerSeconds: settings.timeouts.headerSeconds, bodySeconds: settings.timeouts.requestSeconds)
            ],
            idleTimeout: .nanoseconds(Int64(settings.timeouts.idleSeconds * 1e9)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: settings.limits.headerBytes, maxHeaderListSize: settings.limits.headerBytes, maxHeaderFieldCount: 100))
        var builder = HTTPServerBuilder.http1(configuration: connection)
        if let certificate = settings.tls.certificate, let key = settings.tls.key {
            builder = try .tls(builder, tlsConfiguration: Self.encryption(certificate, key))
        }
        var application = Application(
            responder: HTTPEndpoint(service: service), server: builder,
            configuration: .init(
                address: .hostname(settings.address, port: settings.port), serverName: nil, backlog: 1024,
                availableConnectionsDelegate: .maximum(room.connections, logger: logger)),
            onServerRunning: { channel in
                LastCall.add(to: channel)
                // Under load a turn of the loop is long: those who come then must not be let in a few at a time.
                channel.setOption(.maxMessagesPerRead, value: 256).whenComplete { _ in }
                told(
                    .listening(
                        address: settings.address, port: channel.localAddress?.port ?? settings.port,
                        encrypted: settings.tls.certificate != nil))
            }, eventLoopGroupProvider: .shared(loops), logger: logger)
        application.services = [SessionSweep(service: service)]
        var running = ServiceGroupConfiguration(services: [application], logger: logger)
        // Whoever is not answered by then will never be.
        running.maximumGracefulShutdownDuration = .seconds(settings.timeouts.drainSeconds)
        running.maximumCancellationDuration = .seconds(5)
        let group = ServiceGroup(configuration: running)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let watching = Task { await watch(signals, group) }
            defer { watching.cancel() }
            try await tasks.next()
        }
    }

    private func watch(_ signals: UnixSignalsSequence, _ group: ServiceGroup) async {
        for await signal in signals {
            guard signal == .sighup else { break }
            // In a task of its own: reading may take long, and SIGTERM must not wait for it.
            let (service, told) = (service, told)
            Task {
                do throws(RequestFault) { told(.reloaded(try await service.reload())) } catch { told(.reloadFailed(error.reason)) }
            }
        }
        guard !Task.isCancelled else { return }
        told(.draining)
        // First nobody sends new requests here, then those that came are answered, then the socket goes.
        service.drain()
        let seconds = min(settings.timeouts.drainSeconds, 1)
        try? await Task.sleep(for: .seconds(seconds))
        await group.triggerGracefulShutdown()
    }

    private static func encryption(_ certificate: String, _ key: String) throws -> TLSConfiguration {
        let chain: [NIOSSLCertificateSource]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) } } catch {
            throw ServerFault(setting: "tls.certificate", reason: "\(certificate): no certificates in PEM can be read from it")
        }
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return configuration
        } catch { throw ServerFault(setting: "tls.key", reason: "\(key): no private key in PEM can be read from it") }
    }
}

/// A setting that turned out to be of no use when it was used.
package struct ServerFault: Error, Sendable, CustomStringConvertible {
    /// ``SettingDefinition/name``.
    package var setting: String
    /// Why.
    package var reason: String

    /// Both in one line.
    package var description: String { "\(setting): \(reason)" }
}

/// Forgets remembered sessions that are too old, now and then.
private struct SessionSweep: Service {
    let service: ScoringService

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(10))
                await service.sweep()
            }
        }
    }
}
