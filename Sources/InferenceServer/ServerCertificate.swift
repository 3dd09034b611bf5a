internal import InferenceService
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The certificate chain and private key of a server, read from files and, when somebody says so, read anew: connections made after that
/// see the new ones, those that are open keep theirs.
final class ServerCertificate: Sendable {
    private struct Pair: Sendable {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource

        /// TLS 1.2 and later.
        var configuration: TLSConfiguration {
            var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return configuration
        }
    }

    private let paths: (certificate: String, key: String)
    private let current: Mutex<Pair>

    /// Reads the files, PEM.
    init(_ certificate: String, key: String) throws(ServerFault) {
        paths = (certificate, key)
        current = Mutex(try Self.read(certificate, key))
    }

    /// Reads the files anew; where they are of no use, those that were read stay.
    func reload() throws(RequestFault) {
        let new: Pair
        do throws(ServerFault) { new = try Self.read(paths.certificate, paths.key) } catch {
            throw RequestFault(.reloadFailed, error.description, remedy: "mend the file; the certificate that was there goes on")
        }
        current.withLock { $0 = new }
    }

    /// How to encrypt, with whatever was read last.
    var configuration: TLSConfiguration {
        var configuration = current.withLock { $0 }.configuration
        configuration.sslContextCallback = { [self] _, promise in
            let pair = current.withLock { $0 }
            var own = NIOSSLContextConfigurationOverride()
            (own.certificateChain, own.privateKey) = (pair.chain, pair.key)
            promise.succeed(own)
        }
        return configuration
    }

    private static func read(_ certificate: String, _ key: String) throws(ServerFault) -> Pair {
        let chain: [NIOSSLCertificateSource]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) } } catch {
            throw ServerFault(setting: "tls.certificate", reason: "\(certificate): no certificates in PEM can be read from it")
        }
        let own: NIOSSLPrivateKeySource
        do { own = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)) } catch {
            throw ServerFault(setting: "tls.key", reason: "\(key): no private key in PEM can be read from it")
        }
        let pair = Pair(chain: chain, key: own)
        do { _ = try NIOSSLContext(configuration: pair.configuration) } catch {
            throw ServerFault(setting: "tls.key", reason: "\(key): it is not the key of \(certificate)")
        }
        return pair
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
