import IntentTaxonomy
import SequenceKernel
import Testing

@Suite struct KMeansTests {
    /// Points around `groups` far places.
    static func points(_ count: Int, groups: Int, dimension: Int, seed: UInt64) -> (floats: [Float], truth: [Int]) {
        var random = RandomSource(seed)
        let places = (0..<groups * dimension).map { _ in random.uniform() * 20 }
        var (floats, truth): ([Float], [Int]) = ([], [])
        for point in 0..<count {
            truth.append(point % groups)
            for axis in 0..<dimension { floats.append(places[point % groups * dimension + axis] + random.uniform() - 0.5) }
        }
        return (floats, truth)
    }

    /// One step of Lloyd's algorithm, written as the definition has it, from the groups that were found: it must find them again.
    @Test(arguments: [UInt64(1), 2, 3]) func foundGroupsAreAFixedPoint(_ seed: UInt64) {
        let (dimension, count) = (5, 400)
        var random = RandomSource(seed)
        let points = (0..<count * dimension).map { _ in random.uniform() }
        let groups = KMeans(points, dimension: dimension, .init(clusters: 12, restarts: 3, seed: seed), pool: WorkerPool(threads: 1))
        #expect(groups.clusters == 12 && groups.assignment.count == count)
        var inertia = 0.0
        for point in 0..<count {
            let row = points[point * dimension..<(point + 1) * dimension]
            let distances = (0..<12).map { centre in
                row.enumerated().reduce(0.0) { sum, entry in
                    let difference = Double(entry.element) - groups.centres[centre * dimension + entry.offset]
                    return sum + difference * difference
                }
            }
            let nearest = distances.indices.min { (distances[$0], $0) < (distances[$1], $1) }!
            #expect(groups.assignment[point] == nearest, "seed \(seed), point \(point)")
            #expect(groups.distances[point] == distances[nearest] && groups.distance(row, toCentre: nearest) == distances[nearest])
            inertia += distances[nearest]
        }
        #expect(groups.inertia == inertia)
        for centre in 0..<12 {
            let members = (0..<count).filter { groups.assignment[$0] == centre }
            #expect(!members.isEmpty)
            for axis in 0..<dimension {
                let mean = members.reduce(0.0) { $0 + Double(points[$1 * dimension + axis]) } / Double(members.count)
                #expect(groups.centres[centre * dimension + axis] == mean, "seed \(seed), centre \(centre)")
            }
        }
    }

    @Test func farGroupsAreFoundAndThreadsDoNotShow() {
        let (floats, truth) = Self.points(900, groups: 9, dimension: 7, seed: 5)
        let one = KMeans(floats, dimension: 7, .init(clusters: 9, seed: 4), pool: WorkerPool(threads: 1))
        let two = KMeans(floats, dimension: 7, .init(clusters: 9, seed: 4), pool: WorkerPool(threads: 2))
        #expect(one.centres == two.centres && one.assignment == two.assignment && one.distances == two.distances)
        #expect(Set(zip(truth, one.assignment).map { "\($0) \($1)" }).count == 9)
        let other = KMeans(floats, dimension: 7, .init(clusters: 40, restarts: 1, seed: 4), pool: WorkerPool(threads: 1))
        let third = KMeans(floats, dimension: 7, .init(clusters: 40, restarts: 1, seed: 9), pool: WorkerPool(threads: 1))
        #expect(other.centres != third.centres, "the seed does nothing")
    }

    @Test func moreRestartsAreNeverWorse() {
        let (floats, _) = Self.points(300, groups: 25, dimension: 3, seed: 8)
        let inertias = [1, 4, 12].map {
            KMeans(floats, dimension: 3, .init(clusters: 25, restarts: $0, seed: 2), pool: WorkerPool(threads: 1)).inertia
        }
        #expect(inertias[0] >= inertias[1] && inertias[1] >= inertias[2], "\(inertias)")
    }

    @Test func pointsThatAreEqualOrFewAreNoTrouble() {
        let equal = KMeans([Float](repeating: 3, count: 40), dimension: 2, .init(clusters: 6, seed: 1), pool: WorkerPool(threads: 1))
        #expect(equal.inertia == 0)
        let few = KMeans([1, 2, 3, 4], dimension: 2, .init(clusters: 6, seed: 1), pool: WorkerPool(threads: 1))
        #expect(few.clusters == 2 && few.inertia == 0 && Set(few.assignment) == [0, 1])
    }
}
