#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import HummingbirdCore
internal import HummingbirdTLS
package import InferenceService
internal import Logging
internal import NIOCore
internal import NIOPosix
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

    /// Serves until SIGTERM or SIGINT; SIGHUP reads bundles, callers and certificate anew.
    /// - Throws: ``ListenFault`` where it cannot listen, and ``ServerFault`` where certificate or key cannot be used.
    package func run() async throws {
        let loops = MultiThreadedEventLoopGroup.singleton.makeIterator().map { ServiceLoop($0) }
        // Who comes is let in and seen out by a thread of the connections, too: others may have long work to do.
        try await withTaskExecutorPreference(loops[0]) { try await serve(loops) }
    }

    private func serve(_ loops: [ServiceLoop]) async throws {
        var quiet = Logger(label: "tessera") { _ in SwiftLogNoOpLogHandler() }
        quiet.logLevel = .critical
        let logger = quiet
        let (service, settings, told) = (service, settings, told)
        let room = OpenFiles.room(forConnections: settings.limits.connections)
        if room.connections < settings.limits.connections { told(.limited(connections: room.connections, files: room.files)) }
        let server = try channel(loops).server(
            configuration: .init(
                address: .hostname(settings.address, port: settings.port), backlog: 1024,
                availableConnectionsDelegate: .maximum(room.connections, logger: logger)),
            onServerRunning: { channel in
                LastCall.add(to: channel)
                // Under load a turn of the loop is long: those who come then must not be let in a few at a time.
                channel.setOption(.maxMessagesPerRead, value: 256).whenComplete { _ in }
                told(
                    .listening(
                        address: settings.address, port: channel.localAddress?.port ?? settings.port,
                        encrypted: settings.tls.certificate != nil))
            }, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger)
        var running = ServiceGroupConfiguration(services: [server, SessionSweep(service: service)], logger: logger)
        // Whoever is not answered by then will never be.
        running.maximumGracefulShutdownDuration = .seconds(settings.timeouts.drainSeconds)
        running.maximumCancellationDuration = .seconds(5)
        let group = ServiceGroup(configuration: running)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let watching = Task { await watch(signals, group) }
        defer { watching.cancel() }
        do { try await group.run() } catch let error as IOError { throw ListenFault(error.errnoCode) }
    }

    /// How connections are served, encrypted where the settings say so.
    private func channel(_ loops: [ServiceLoop]) throws -> any ServerChildChannel {
        let plain = ServiceChannel(service, loops: loops)
        guard let certificate = settings.tls.certificate, let key = settings.tls.key else { return plain }
        let own = try ServerCertificate(certificate, key: key)
        service.rereads { () throws(RequestFault) in try own.reload() }
        return try TLSChannel(plain, tlsConfiguration: own.configuration)
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
}

/// Why the system does not let the service listen where its settings say.
package struct ListenFault: Error, Sendable {
    /// Why.
    package let reason: String
    /// What to do.
    package let remedy: String

    /// - Parameter code: as the system says it (`errno`).
    init(_ code: CInt) {
        (reason, remedy) =
            switch code {
            case EADDRINUSE: ("another program listens there", "choose another --port, or end that program (ss -ltnp names it)")
            case EACCES: ("the process may not listen there", "choose a port from 1024 on, or give it CAP_NET_BIND_SERVICE")
            case EADDRNOTAVAIL: ("this machine has no such address", "choose an --address that `ip address` shows, or 0.0.0.0 for all")
            case EAFNOSUPPORT: ("this machine has no addresses of that kind", "choose an --address of the other version of IP")
            default: ("cannot listen: \(String(cString: strerror(code)))", "check --address and --port")
            }
    }
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
