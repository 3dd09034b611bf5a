#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif
internal import SequenceKernel

/// Which items stood near which in training, weighted and normalised: for each item its strongest neighbours.
struct ItemLinks: Sendable, Equatable {
    /// Where each item's neighbours begin. `[items + 1]`.
    var starts: [Int32]
    /// Neighbours, strongest first, ties by number.
    var neighbours: [Int32]
    /// Strengths, already to the power they are added up with.
    var strengths: [Float]

    var itemCount: Int { starts.count - 1 }

    /// No links.
    init(starts: [Int32], neighbours: [Int32], strengths: [Float]) {
        self.starts = starts
        self.neighbours = neighbours
        self.strengths = strengths
    }

    /// Counts over sessions of item numbers `0 ..< itemCount`; negative numbers are places without an item.
    init(_ sessions: [[Int32]], itemCount: Int, _ settings: NextItemSettings, _ pool: WorkerPool) {
        // Occurrences by item, so that each item's row is counted by one worker in one order.
        var first = [Int](repeating: 0, count: itemCount + 1)
        for session in sessions { for item in session where item >= 0 { first[Int(item) + 1] += 1 } }
        for item in 0..<itemCount { first[item + 1] += first[item] }
        var places = [(session: Int32, place: Int32)](repeating: (0, 0), count: first[itemCount])
        var next = first
        var lengthWeights: [Float] = []
        for (number, session) in sessions.enumerated() {
            lengthWeights.append(powf(Float(max(1, session.count)), -settings.lengthPower))
            for (place, item) in session.enumerated() where item >= 0 {
                places[next[Int(item)]] = (Int32(number), Int32(place))
                next[Int(item)] += 1
            }
        }
        var occurrences = [Float](repeating: 0, count: itemCount)
        for item in 0..<itemCount {
            for index in first[item]..<first[item + 1] { occurrences[item] += lengthWeights[Int(places[index].session)] }
        }
        let weights = (0..<settings.reach).map { powf(settings.fade, Float($0)) }
        let parts = 64
        var rows = [[(item: Int32, links: [(Int32, Float)])]](repeating: [], count: parts)
        rows.withUnsafeMutableBufferPointer { rows in
            nonisolated(unsafe) let rows = rows
            pool.run(parts) { part, _ in
                var sums = [Float](repeating: 0, count: itemCount)
                var touched: [Int32] = []
                var result: [(item: Int32, links: [(Int32, Float)])] = []
                for item in itemCount * part / parts..<itemCount * (part + 1) / parts {
                    touched.removeAll(keepingCapacity: true)
                    for index in first[item]..<first[item + 1] {
                        let session = sessions[Int(places[index].session)]
                        let place = Int(places[index].place)
                        let weight = lengthWeights[Int(places[index].session)]
                        func add(_ other: Int, _ strength: Float) {
                            guard session.indices.contains(other), session[other] >= 0, Int(session[other]) != item else { return }
                            if sums[Int(session[other])] == 0 { touched.append(session[other]) }
                            sums[Int(session[other])] += strength
                        }
                        for step in 1...settings.reach {
                            add(place + step, weight * weights[step - 1])
                            add(place - step, weight * weights[step - 1] * settings.backward)
                        }
                    }
                    let own = powf(max(occurrences[item], 1e-9), settings.itemPower)
                    var links = touched.map { other -> (Int32, Float) in
                        let scaled = sums[Int(other)] / own / powf(occurrences[Int(other)], settings.neighbourPower)
                        sums[Int(other)] = 0
                        return (other, powf(scaled, settings.linkPower))
                    }
                    links.sort { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
                    if links.count > settings.neighbours { links.removeLast(links.count - settings.neighbours) }
                    result.append((Int32(item), links))
                }
                rows[part] = result
            }
        }
        starts = [0]
        neighbours = []
        strengths = []
        for part in rows {
            for row in part {
                for link in row.links {
                    neighbours.append(link.0)
                    strengths.append(link.1)
                }
                starts.append(Int32(neighbours.count))
            }
        }
    }

    /// Adds `factor` times an item's links to `scores`, noting items met for the first time.
    func add(_ item: Int, _ factor: Float, to scores: inout [Float], _ touched: inout [Int32]) {
        for index in Int(starts[item])..<Int(starts[item + 1]) {
            let other = neighbours[index]
            if scores[Int(other)] == 0 { touched.append(other) }
            scores[Int(other)] += factor * strengths[index]
        }
    }
}
