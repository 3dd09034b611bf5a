/// What explanations need beside the embedding.
extension SessionEmbedder {
    /// The events of a session that are read (the most recent ones), numbers in the table.
    public func keptEvents(_ events: EncodedEvents, session: Int) -> Range<Int> {
        let all = events.events(ofSession: session)
        return max(all.lowerBound, all.upperBound - model.configuration.maximumEvents)..<all.upperBound
    }

    /// One session as the model is shown it; holds until the scratch is used again.
    public func view(_ events: EncodedEvents, session: Int, _ scratch: Scratch) -> EventView {
        scratch.stretches.removeAll(keepingCapacity: true)
        scratch.stretches.append(keptEvents(events, session: session))
        scratch.fillShard(events, scratch.stretches[...])
        return EventView(scratch.shard)
    }
}
