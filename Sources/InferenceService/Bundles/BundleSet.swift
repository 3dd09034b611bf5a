package import DurableFiles
internal import Synchronization

/// The bundles that answer, by name. A reload puts all of them in place at once, or none; requests in flight keep those they began with.
package final class BundleSet: Sendable {
    /// What a ledger says is suspended, by the ids of classifier and taxonomy.
    package typealias Suspensions = @Sendable (_ classifier: String, _ taxonomy: String) throws(BundleError) -> [String]

    /// What a reload did to a bundle.
    package struct Change: Sendable, Equatable {
        /// The bundle's name.
        package var name: String
        /// Its id now.
        package var id: String
        /// Its version now: models and what they may tell.
        package var version: String
        /// Whether it was another version before.
        package var isChanged: Bool
    }

    private let places: [String: String]
    private let suspensions: Suspensions
    private let fileSystem: FileSystem
    private let bundles: Mutex<[String: ServingBundle]>
    /// One reload at a time.
    private let reloading = Mutex<Void>(())

    /// Reads all bundles and warms them up.
    /// - Parameter places: folders by name; at least one.
    package init(_ places: [String: String], suspensions: @escaping Suspensions, in fileSystem: FileSystem = .live) throws(BundleError) {
        guard !places.isEmpty else {
            throw BundleError("bundles: there is nothing to serve; give NAME=FOLDER of what `tessera pack` wrote")
        }
        (self.places, self.suspensions, self.fileSystem) = (places, suspensions, fileSystem)
        bundles = Mutex(try Self.read(places, suspensions, fileSystem))
    }

    private static func read(
        _ places: [String: String], _ suspensions: Suspensions, _ fileSystem: FileSystem
    ) throws(BundleError) -> [String: ServingBundle] {
        var bundles: [String: ServingBundle] = [:]
        for (name, place) in places.sorted(by: { $0.key < $1.key }) {
            let bundle = try ServingBundle(name, at: place, suspended: suspensions, in: fileSystem)
            try bundle.warmUp()
            bundles[name] = bundle
        }
        return bundles
    }

    /// Reads all bundles anew. Takes as long as the start; do not call it on a thread that serves connections.
    /// - Throws: the first ``BundleError``; what was there goes on.
    package func reload() throws(BundleError) -> [Change] {
        try reloading.withLock { _ throws(BundleError) in
            let new = try Self.read(places, suspensions, fileSystem)
            let old = bundles.withLock { bundles in
                let old = bundles
                bundles = new
                return old
            }
            return new.sorted { $0.key < $1.key }.map { name, bundle in
                Change(name: name, id: bundle.id, version: bundle.version, isChanged: old[name]?.version != bundle.version)
            }
        }
    }

    /// The bundle of a name; the first by name where none is given.
    package func bundle(_ name: String?) -> ServingBundle? {
        bundles.withLock { bundles in
            if let name { return bundles[name] }
            return bundles.count == 1 ? bundles.first?.value : bundles.min { $0.key < $1.key }?.value
        }
    }

    /// All bundles, by name.
    package var all: [ServingBundle] { bundles.withLock { $0.values.sorted { $0.name < $1.name } } }
}
