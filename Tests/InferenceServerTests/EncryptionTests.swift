import Foundation
import InferenceServer
import InferenceService
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@Suite(.serialized) struct EncryptionTests {
    /// Of nobody and for nothing but these tests; good until 2126.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgP8LyE0q+QGfj5Io5
        l0ciH3emYktDC2kb42cN5/l0gwShRANCAATRqvGi3HeiE8eMTOnTNjlBSfKX7cff
        jmpBeyUpdAFeDUatGqhE4+WD0LslSufEPQ+ZP7ft8zsV4Oeia9M9mv9w
        -----END PRIVATE KEY-----

        """
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBlTCCATugAwIBAgIUavqT9upOsFwz6BLIIwazRt+Nar4wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE4MDQyMFoYDzIxMjYxMDI5
        MTgwNDIwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATRqvGi3HeiE8eMTOnTNjlBSfKX7cffjmpBeyUpdAFeDUatGqhE4+WD
        0LslSufEPQ+ZP7ft8zsV4Oeia9M9mv9wo2kwZzAdBgNVHQ4EFgQUXSQ7G3B4B1Dk
        taz7S+U2XMG8ntowHwYDVR0jBBgwFoAUXSQ7G3B4B1Dktaz7S+U2XMG8ntowDwYD
        VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
        SAAwRQIhAJNrIVythEXDvcNKSlF5LeLb4qfSpEmjpVe0+8GfjxOaAiAucdjpAMnL
        pJLjLZicot8os5NhXPnRXDxiEskou0Y34Q==
        -----END CERTIFICATE-----

        """

    /// Another pair, which may follow the first.
    static let secondKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgb7OoHFiVL3MJds25
        QXYJ8FHyc6IIUiXw8Ifze9i92d6hRANCAASTnQjXdQ+6v3XLQxz8n9TIr5fwZQYW
        sDBIDIhyVhl66IFAYbLzsHiXkuxhUsHgB/YB5CA7SY88lPZddGbEHjpV
        -----END PRIVATE KEY-----

        """
    static let secondCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBqjCCAVCgAwIBAgIUUyhgi3Ecq6f6Ud3wDSX+LkTGxYIwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjIwMDYxMVoYDzIxMjYxMDI5
        MjAwNjExWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAASTnQjXdQ+6v3XLQxz8n9TIr5fwZQYWsDBIDIhyVhl66IFAYbLzsHiX
        kuxhUsHgB/YB5CA7SY88lPZddGbEHjpVo34wfDAdBgNVHQ4EFgQU7Yhbjwia47zH
        YWjpEAeZ/2es6vowHwYDVR0jBBgwFoAU7Yhbjwia47zHYWjpEAeZ/2es6vowDwYD
        VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwEwYDVR0lBAwwCgYI
        KwYBBQUHAwEwCgYIKoZIzj0EAwIDSAAwRQIhAL6yIX5YgG5EzlxlT+z1d3B17PfK
        KrXsMAObpzIxapifAiA9D3Cp73pE0XciQ4nvkpfQtBgdVm+491R0eLadHCOUGA==
        -----END CERTIFICATE-----

        """

    /// Asks, and gathers what a connection brings until it ends.
    private final class Gathering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var all = ByteBuffer()
        private let done: EventLoopPromise<String>

        init(_ done: EventLoopPromise<String>) { self.done = done }

        // At once: on a busy machine a test's own turn may come later than the server waits for a header.
        func channelActive(context: ChannelHandlerContext) {
            let request = ByteBuffer(string: "GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(request), promise: nil)
            context.fireChannelActive()
        }

        func channelRead(context _: ChannelHandlerContext, data: NIOAny) {
            var piece = unwrapInboundIn(data)
            all.writeBuffer(&piece)
        }

        func channelInactive(context: ChannelHandlerContext) {
            done.succeed(String(buffer: all))
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // An end without a farewell is an end.
            if case NIOSSLError.uncleanShutdown = error { return }
            done.fail(error)
            context.close(promise: nil)
        }
    }

    private func files(_ body: (_ certificate: String, _ key: String) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tessera-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (certificate, key) = (folder.appending(path: "c.pem"), folder.appending(path: "k.pem"))
        try Data(Self.certificate.utf8).write(to: certificate)
        try Data(Self.key.utf8).write(to: key)
        try await body(certificate.path, key.path)
    }

    private static func ask(_ port: Int, _ configuration: TLSConfiguration) async throws -> String {
        let tls = try NIOSSLContext(configuration: configuration)
        let done = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: String.self)
        _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        try NIOSSLClientHandler(context: tls, serverHostname: "localhost"), Gathering(done),
                    ])
                }
            }.connect(host: "127.0.0.1", port: port).get()
        return try await done.futureResult.get()
    }

    @Test func aRequestIsAnsweredOverTLSAlone() async throws {
        try await files { certificate, key in
            try await RunningServer.running(settings: { settings in
                (settings.tls.certificate, settings.tls.key, settings.timeouts.headerSeconds) = (certificate, key, 3)
            }) { server in
                var trusting = TLSConfiguration.makeClientConfiguration()
                trusting.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Self.certificate.utf8)))
                for version in [TLSVersion.tlsv12, .tlsv13] {
                    (trusting.minimumTLSVersion, trusting.maximumTLSVersion) = (version, version)
                    #expect(try await Self.ask(server.port, trusting).hasPrefix("HTTP/1.1 200"))
                }
                var old = trusting
                (old.minimumTLSVersion, old.maximumTLSVersion) = (.tlsv1, .tlsv11)
                await #expect(throws: (any Error).self) { try await Self.ask(server.port, old) }
                await #expect(throws: (any Error).self) { try await Self.ask(server.port, .makeClientConfiguration()) }
                let clear = await server.talk(["GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
                #expect(clear.isEnded && !clear.text.contains("HTTP"))
                let half = await server.talk(["\u{16}\u{3}\u{1}"])
                #expect(half.isEnded && (2.5..<20).contains(half.seconds))
            }
        }
    }

    @Test func aReloadTakesUpANewCertificateAndKeepsTheOldForADamagedOne() async throws {
        try await files { certificate, key in
            try await RunningServer.running(settings: { ($0.tls.certificate, $0.tls.key) = (certificate, key) }) { server in
                func asks(trusting text: String) async throws -> Bool {
                    var trusting = TLSConfiguration.makeClientConfiguration()
                    trusting.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)))
                    return (try? await Self.ask(server.port, trusting))?.hasPrefix("HTTP/1.1 200") ?? false
                }
                #expect(try await asks(trusting: Self.certificate))
                for (path, text, setting) in [
                    (certificate, "nothing", "tls.certificate"), (key, "nothing", "tls.key"), (key, Self.secondKey, "tls.key"),
                ] {
                    let before = try Data(contentsOf: URL(filePath: path))
                    try Data(text.utf8).write(to: URL(filePath: path))
                    let fault = await #expect(throws: RequestFault.self) { _ = try await server.service.reload() }
                    #expect(fault?.code == .reloadFailed && fault?.reason.hasPrefix("\(setting): \(path)") == true)
                    #expect(try await asks(trusting: Self.certificate))
                    try before.write(to: URL(filePath: path))
                }
                try Data(Self.secondCertificate.utf8).write(to: URL(filePath: certificate))
                try Data(Self.secondKey.utf8).write(to: URL(filePath: key))
                _ = try await server.service.reload()
                let (isOld, isNew) = (try await asks(trusting: Self.certificate), try await asks(trusting: Self.secondCertificate))
                #expect(!isOld && isNew)
            }
        }
    }

    @Test func filesThatAreNoKeysAreTold() async throws {
        try await files { certificate, key in
            for (own, other, setting) in [
                (key, key, "tls.certificate"), ("/no/such", key, "tls.certificate"), (certificate, certificate, "tls.key"),
                (certificate, "/no/such", "tls.key"),
            ] {
                do {
                    try await RunningServer.running(settings: { ($0.tls.certificate, $0.tls.key) = (own, other) }) { _ -> Void in
                        Issue.record("it serves")
                    }
                } catch { #expect((error as? ServerFault)?.setting == setting, "\(error)") }
            }
        }
    }
}
