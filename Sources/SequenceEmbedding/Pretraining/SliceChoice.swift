internal import SequenceKernel

/// Neighbouring rows of one session in a shard.
struct RowSlice {
    let start: Int
    let count: Int
}

/// Cuts random slices out of a shard's sessions: runs of neighbouring events of random length (CoLES, Babaev et al. 2022).
struct SliceChoice {
    let settings: ObjectiveSettings.SliceContrast

    /// The slices and whose each is, in a workspace's memory.
    func choose(_ shard: ShardBatch, _ workspace: Workspace) -> (slices: WorkspaceList<RowSlice>, owners: WorkspaceList<Int32>) {
        let room = shard.sessionCount * settings.slices
        var slices = WorkspaceList<RowSlice>(capacity: room, in: workspace)
        var owners = WorkspaceList<Int32>(capacity: room, in: workspace)
        for session in 0..<shard.sessionCount {
            var random = RandomSource(shard.keys[session], 0x534C_4943)
            let events = shard.offsets[session]
            guard !events.isEmpty else { continue }
            let shortest = min(settings.minimumLength, events.count)
            let longest = min(settings.maximumLength, events.count)
            for _ in 0..<settings.slices {
                let length = shortest + random.below(longest - shortest + 1)
                let start = events.lowerBound + random.below(events.count - length + 1)
                slices.append(RowSlice(start: start, count: length))
                owners.append(shard.visitors[session])
            }
        }
        return (slices, owners)
    }
}
