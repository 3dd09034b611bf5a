internal import SequenceKernel

/// Cuts random slices out of a shard's sessions: runs of neighbouring events of random length (CoLES, Babaev et al. 2022).
struct SliceChoice {
    let settings: ObjectiveSettings.SliceContrast

    /// Appends the slices and whose each is.
    func choose(_ shard: ShardBatch, _ slices: inout [Range<Int>], _ owners: inout [Int32]) {
        for session in 0..<shard.sessionCount {
            var random = RandomSource(shard.keys[session], 0x534C_4943)
            let events = shard.offsets[session]
            guard !events.isEmpty else { continue }
            let shortest = min(settings.minimumLength, events.count)
            let longest = min(settings.maximumLength, events.count)
            for _ in 0..<settings.slices {
                let length = shortest + random.below(longest - shortest + 1)
                let start = events.lowerBound + random.below(events.count - length + 1)
                slices.append(start..<start + length)
                owners.append(shard.visitors[session])
            }
        }
    }
}
