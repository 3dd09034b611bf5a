public import SequenceKernel

/// Groups of points around centres: Lloyd's algorithm (1982) from k-means++ starts (Arthur and Vassilvitskii, 2007), the best of some restarts.
///
/// Sums are of doubles in a fixed order and random numbers depend on the seed alone: the same groups on every machine, at any number
/// of threads. Costs O(restarts · iterations · N · K · D).
public struct KMeans: Sendable {
    /// How to look for groups.
    public struct Settings: Sendable, Equatable {
        /// Groups wanted; with fewer points than that there are as many groups as points.
        public var clusters: Int
        /// Starts; the one with the lowest ``KMeans/inertia`` is kept, the earlier of two that are equal.
        public var restarts: Int
        /// Most rounds of one start.
        public var iterations: Int
        /// What every random choice comes from.
        public var seed: UInt64

        /// Settings for `clusters` groups.
        public init(clusters: Int, restarts: Int = 10, iterations: Int = 100, seed: UInt64 = 1) {
            precondition(clusters > 0 && restarts > 0 && iterations > 0, "KMeans: clusters, restarts and iterations must be above 0")
            (self.clusters, self.restarts, self.iterations, self.seed) = (clusters, restarts, iterations, seed)
        }
    }

    /// Floats of a point.
    public let dimension: Int
    /// `[K, D]`, the means of the groups.
    public let centres: [Double]
    /// `[N]`, the group of each point: the nearest centre, the lower number of two equally near.
    public let assignment: [Int]
    /// `[N]`, the squared distance of each point from its centre.
    public let distances: [Double]
    /// Sum of ``distances``.
    public let inertia: Double
    /// Groups.
    public var clusters: Int { centres.count / dimension }

    /// Groups the rows of `points` `[N, D]`; traps on shapes that do not fit and on values that are not finite.
    public init(_ points: [Float], dimension: Int, _ settings: Settings, pool: WorkerPool) {
        precondition(
            dimension > 0 && !points.isEmpty && points.count.isMultiple(of: dimension),
            "KMeans: \(points.count) floats are not rows of \(dimension)")
        precondition(points.allSatisfy(\.isFinite), "KMeans: a value is not finite")
        let values = points.map(Double.init)
        var best: KMeans?
        for restart in 0..<settings.restarts {
            var random = RandomSource(settings.seed, 0x6B6D_6561_6E73, UInt64(restart))
            let found = KMeans(values, dimension, settings, &random, pool)
            if best.map({ found.inertia < $0.inertia }) ?? true { best = found }
        }
        self = best!
    }

    /// The squared distance of a point of ``dimension`` floats from a centre.
    public func distance(_ point: ArraySlice<Float>, toCentre centre: Int) -> Double {
        precondition(point.count == dimension, "KMeans.distance: a point of \(point.count) floats, centres of \(dimension)")
        var sum = 0.0
        for (place, value) in point.enumerated() {
            let difference = Double(value) - centres[centre * dimension + place]
            sum += difference * difference
        }
        return sum
    }

    /// One start.
    private init(_ points: [Double], _ dimension: Int, _ settings: Settings, _ random: inout RandomSource, _ pool: WorkerPool) {
        let count = points.count / dimension
        var centres = Self.firstCentres(points, dimension, min(settings.clusters, count), &random)
        var search = NearestCentres(points, dimension)
        search.find(centres, pool)
        for _ in 0..<settings.iterations {
            centres = search.means(centres.count / dimension)
            let before = search.assignment
            search.find(centres, pool)
            if search.assignment == before { break }
        }
        self.dimension = dimension
        self.centres = centres
        assignment = search.assignment.map(Int.init)
        distances = search.distances
        inertia = search.distances.reduce(0, +)
    }

    /// k-means++: each further centre is a point, drawn with a probability proportional to its squared distance from the nearest centre so far.
    private static func firstCentres(_ points: [Double], _ dimension: Int, _ clusters: Int, _ random: inout RandomSource) -> [Double] {
        let count = points.count / dimension
        var centres: [Double] = []
        centres.reserveCapacity(clusters * dimension)
        var nearest = [Double](repeating: .infinity, count: count)
        var isTaken = [Bool](repeating: false, count: count)
        var next = random.below(count)
        while true {
            isTaken[next] = true
            let centre = Array(points[next * dimension..<(next + 1) * dimension])
            centres += centre
            if centres.count == clusters * dimension { return centres }
            var total = 0.0
            for point in 0..<count {
                var sum = 0.0
                for place in 0..<dimension {
                    let difference = points[point * dimension + place] - centre[place]
                    sum += difference * difference
                }
                nearest[point] = min(nearest[point], sum)
                total += nearest[point]
            }
            let mark = Double(random.next() >> 11) * 0x1p-53 * total
            var passed = 0.0
            // Where all that is left lies on centres already, the first point that is none serves.
            var chosen = isTaken.firstIndex(of: false)!
            for point in 0..<count where nearest[point] > 0 {
                passed += nearest[point]
                chosen = point
                if passed > mark { break }
            }
            next = chosen
        }
    }
}

/// The nearest centre of every point.
private struct NearestCentres {
    let points: [Double]
    let dimension: Int
    var assignment: [Int32]
    var distances: [Double]

    init(_ points: [Double], _ dimension: Int) {
        (self.points, self.dimension) = (points, dimension)
        assignment = [Int32](repeating: 0, count: points.count / dimension)
        distances = [Double](repeating: 0, count: points.count / dimension)
    }

    /// Points one worker takes at a time.
    private static let block = 256

    mutating func find(_ centres: [Double], _ pool: WorkerPool) {
        let (dimension, count, clusters) = (dimension, assignment.count, centres.count / dimension)
        // Centres side by side: the inner loop runs over centres, so each distance is summed in the order of the dimensions.
        var columns = [Double](repeating: 0, count: centres.count)
        for centre in 0..<clusters {
            for place in 0..<dimension { columns[place * clusters + centre] = centres[centre * dimension + place] }
        }
        points.withUnsafeBufferPointer { points in
            columns.withUnsafeBufferPointer { columns in
                assignment.withUnsafeMutableBufferPointer { assignment in
                    distances.withUnsafeMutableBufferPointer { distances in
                        nonisolated(unsafe) let (assignment, distances) = (assignment, distances)
                        pool.run((count + Self.block - 1) / Self.block) { block, _ in
                            withUnsafeTemporaryAllocation(of: Double.self, capacity: clusters) { sums in
                                for point in block * Self.block..<min(count, (block + 1) * Self.block) {
                                    sums.initialize(repeating: 0)
                                    for place in 0..<dimension {
                                        let value = points[point * dimension + place]
                                        let row = columns.baseAddress! + place * clusters
                                        for centre in 0..<clusters {
                                            let difference = value - row[centre]
                                            sums[centre] += difference * difference
                                        }
                                    }
                                    var nearest = 0
                                    for centre in 1..<max(1, clusters) where sums[centre] < sums[nearest] { nearest = centre }
                                    assignment[point] = Int32(nearest)
                                    distances[point] = sums[nearest]
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The means of the groups; a group that has lost all its points moves to the point farthest from its centre.
    func means(_ clusters: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: clusters * dimension)
        var counts = [Int](repeating: 0, count: clusters)
        for point in 0..<assignment.count {
            let cluster = Int(assignment[point])
            counts[cluster] += 1
            for place in 0..<dimension { sums[cluster * dimension + place] += points[point * dimension + place] }
        }
        var isMoved = [Bool](repeating: false, count: assignment.count)
        for cluster in 0..<clusters {
            if counts[cluster] > 0 {
                for place in 0..<dimension { sums[cluster * dimension + place] /= Double(counts[cluster]) }
                continue
            }
            var farthest = 0
            for point in 0..<assignment.count where !isMoved[point] && (isMoved[farthest] || distances[point] > distances[farthest]) {
                farthest = point
            }
            isMoved[farthest] = true
            for place in 0..<dimension { sums[cluster * dimension + place] = points[farthest * dimension + place] }
        }
        return sums
    }
}
