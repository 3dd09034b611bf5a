internal import SequenceKernel

/// Chooses what training hides: whole events, whole fields of a session, and single fields (PRAGMA's three kinds), a share of
/// them shown as *unknown* instead and left out of the loss.
///
/// The choice depends on the session's key only, so that it does not move when shards are cut otherwise.
struct EventMasking {
    let settings: ObjectiveSettings.MaskedEvent
    let unitCount: Int

    /// Fills `hiding`, `[units, N]`.
    func choose(_ shard: ShardBatch, _ hiding: UnsafeMutablePointer<Int32>) {
        let rows = shard.rowCount
        hiding.update(repeating: EventView.Hiding.none, count: unitCount * rows)
        for session in 0..<shard.sessionCount {
            var random = RandomSource(shard.keys[session], 0x4D41_534B)
            let events = shard.offsets[session]
            for unit in 0..<unitCount where random.uniform() < settings.fieldShare {
                for row in events { hide(hiding, unit, row, rows, &random) }
            }
            var hiddenEvents = 0
            for row in events {
                // One event alone has nothing it could be predicted from.
                if events.count > 1 && random.uniform() < settings.eventShare {
                    hiddenEvents += 1
                    for unit in 0..<unitCount { hide(hiding, unit, row, rows, &random) }
                } else if settings.tokenShare > 0 {
                    for unit in 0..<unitCount where random.uniform() < settings.tokenShare { hide(hiding, unit, row, rows, &random) }
                }
            }
            if events.count > 1 && hiddenEvents == 0 && settings.eventShare > 0 {
                let row = events.lowerBound + random.below(events.count)
                for unit in 0..<unitCount { hide(hiding, unit, row, rows, &random) }
            }
        }
    }

    private func hide(_ hiding: UnsafeMutablePointer<Int32>, _ unit: Int, _ row: Int, _ rows: Int, _ random: inout RandomSource) {
        guard hiding[unit * rows + row] == EventView.Hiding.none else { return }
        hiding[unit * rows + row] = random.uniform() < settings.unknownShare ? EventView.Hiding.unknown : EventView.Hiding.masked
    }
}
