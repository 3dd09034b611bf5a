// Whoever imports credit models gets no intents with them.
//
// refused: cannot find type 'IntentClassifier' in scope
import CreditRisk

#if !REFUSED
    import IntentTaxonomy
#endif

func outcome(_ card: CreditScorecard, _ classifier: IntentClassifier?) -> String { card.card.outcome }
