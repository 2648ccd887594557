--------------------------- MODULE AttemptBooking ---------------------------
(***************************************************************************)
(* Attempts that book units of resources, each in two shared steps.        *)
(*                                                                         *)
(* The clauses that are named below stand in booking.md. The same system   *)
(* is written a second time in model/ (Python) and a third time in         *)
(* attempt_booking.pml (Promela); the three are held to have the same      *)
(* number of states and of transitions.                                    *)
(*                                                                         *)
(* Booking ids and resources are numbers. A step is an action of the name  *)
(* that the model gives it, in CamelCase. Each action has at most one      *)
(* successor for each attempt, so that TLC's "states generated" counts     *)
(* transitions (and the initial state once).                               *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS
    Requests,   \* what each attempt asks for: a sequence of [id, resource, units]
    Capacity,   \* the capacity of each resource in units: a sequence; a number beyond its end is an unknown resource
    Policy,     \* which check of persist comes first: "version-first" or "capacity-first"
    Faults,     \* what may strike at any step: a subset of AllFaults
    Flaws       \* what is wrong with the store or with emit: a subset of AllFlaws, empty for the booking flow itself

VARIABLES
    store,      \* what all attempts share: confirmed units and version of each resource, and the ledger
    attempts    \* the local state of each attempt

vars == <<store, attempts>>

AllFaults == {"unavailable", "acknowledgement lost"}

AllFlaws == {
    "no version check",             \* a stale proposal is taken as if it were fresh
    "no id check",                  \* an id is never looked up
    "no capacity check",            \* whoever saw the current version must have seen room
    "version not bumped",           \* an effective persist leaves the version as it was
    "version bumped on rejection",  \* a rejection raises the version
    "one unit confirmed",           \* however many were requested
    "conflict emitted as rejected",
    "conflict emitted as booked",
    "rejection emitted as failed",
    "reason not emitted"}

Attempts == DOMAIN Requests
Resources == DOMAIN Capacity
Reservations == {Requests[a] : a \in Attempts}
On == [r \in Resources |-> {one \in Reservations : one.resource = r}]
Under == [id \in {one.id : one \in Reservations} |-> {one \in Reservations : one.id = id}]

\* Clause: request.valid
ASSUME /\ \A a \in Attempts : Requests[a].units \in Nat \ {0}
       /\ \A r \in Resources : Capacity[r] \in Nat
       /\ Policy \in {"version-first", "capacity-first"}
       /\ Faults \subseteq AllFaults
       /\ Flaws \subseteq AllFlaws

-----------------------------------------------------------------------------
(* Local states. One that is done keeps its outcome and its reason only.   *)

None == "none"
Absent == -1  \* what is observed of an unknown resource

Idle == [stage |-> "idle"]
Observed(version, confirmed) == [stage |-> "observed", version |-> version, confirmed |-> confirmed]
Done(outcome, reason) == [stage |-> "done", outcome |-> outcome, reason |-> reason]

IsIdle(a) == attempts[a].stage = "idle"
IsObserved(a) == attempts[a].stage = "observed"
IsDone(a) == attempts[a].stage = "done"

\* The ledger says how often each reservation is recorded, so that a flaw that records one twice can be seen.
Init ==
    /\ store = [confirmed |-> [r \in Resources |-> 0],
                version   |-> [r \in Resources |-> 0],
                ledger    |-> [one \in Reservations |-> 0]]
    /\ attempts = [a \in Attempts |-> Idle]

-----------------------------------------------------------------------------
(* What the store answers.                                                 *)

Known(a) == Requests[a].resource \in Resources
Confirmed(a) == store.confirmed[Requests[a].resource]
Version(a) == store.version[Requests[a].resource]
Fits(a) == Confirmed(a) + Requests[a].units <= Capacity[Requests[a].resource]
IsUsed(a) == \E one \in Under[Requests[a].id] : store.ledger[one] > 0

FoundUsed(a) == "no id check" \notin Flaws /\ IsUsed(a)
FoundStale(a) == "no version check" \notin Flaws /\ attempts[a].version # Version(a)
FoundOver(a) == "no capacity check" \notin Flaws /\ ~Fits(a)

\* Clauses: persist.order, persist.identity, persist.unknown, persist.version, persist.capacity
Verdict(a) ==
    IF FoundUsed(a)
        THEN IF store.ledger[Requests[a]] > 0 THEN "accepted" ELSE "identifier reuse"
    ELSE IF ~Known(a) THEN "unknown resource"
    ELSE IF Policy = "capacity-first" /\ FoundOver(a) THEN "over capacity"
    ELSE IF FoundStale(a) THEN "version conflict"
    ELSE IF FoundOver(a) THEN "over capacity"
    ELSE "accepted"

Effective(a) == Verdict(a) = "accepted" /\ ~FoundUsed(a)

\* Clauses: persist.effect, persist.whole
StoreAfter(a) ==
    LET resource == Requests[a].resource
        units == IF "one unit confirmed" \in Flaws THEN 1 ELSE Requests[a].units
        rise == IF "version not bumped" \in Flaws THEN 0 ELSE 1
    IN  IF Effective(a)
            THEN [store EXCEPT !.confirmed[resource] = @ + units,
                               !.version[resource] = @ + rise,
                               !.ledger[Requests[a]] = @ + 1]
        ELSE IF Verdict(a) = "over capacity" /\ "version bumped on rejection" \in Flaws
            THEN [store EXCEPT !.version[resource] = @ + 1]
        ELSE store

Failed(reason) == Done("FAILED", IF "reason not emitted" \in Flaws THEN None ELSE reason)

\* Clauses: emit.one, emit.reason
Emit(verdict) ==
    IF verdict = "accepted" THEN Done("BOOKED", None)
    ELSE IF verdict = "over capacity" /\ "rejection emitted as failed" \notin Flaws THEN Done("REJECTED", None)
    ELSE IF verdict = "version conflict" /\ "conflict emitted as rejected" \in Flaws THEN Done("REJECTED", None)
    ELSE IF verdict = "version conflict" /\ "conflict emitted as booked" \in Flaws THEN Done("BOOKED", None)
    ELSE Failed(verdict)

-----------------------------------------------------------------------------
(* The steps.                                                              *)

Becomes(a, local) == attempts' = [attempts EXCEPT ![a] = local]

\* Clauses: observe.stale, observe.absent
Observe(a) ==
    /\ IsIdle(a)
    /\ Becomes(a, IF Known(a) THEN Observed(Version(a), Confirmed(a)) ELSE Observed(Absent, Absent))
    /\ UNCHANGED store

\* Clauses: observe.unavailable, fault.unavailable
ObserveUnavailable(a) ==
    /\ "unavailable" \in Faults
    /\ IsIdle(a)
    /\ Becomes(a, Emit("store unavailable"))
    /\ UNCHANGED store

\* Clause: persist.atomic
Persist(a) ==
    /\ IsObserved(a)
    /\ Becomes(a, Emit(Verdict(a)))
    /\ store' = StoreAfter(a)

\* Clause: fault.unavailable
PersistUnavailable(a) ==
    /\ "unavailable" \in Faults
    /\ IsObserved(a)
    /\ Becomes(a, Emit("store unavailable"))
    /\ UNCHANGED store

\* A lost answer is a case of its own only where something was applied. Clause: fault.acknowledgement_lost
PersistUnacknowledged(a) ==
    /\ "acknowledgement lost" \in Faults
    /\ IsObserved(a)
    /\ StoreAfter(a) # store
    /\ Becomes(a, Emit("acknowledgement lost"))
    /\ store' = StoreAfter(a)

Step(a) ==
    \/ Observe(a)
    \/ ObserveUnavailable(a)
    \/ Persist(a)
    \/ PersistUnavailable(a)
    \/ PersistUnacknowledged(a)

Next == \E a \in Attempts : Step(a)

\* There is no fairness: an attempt may stop for ever. Clause: fault.crash
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What a state shows.                                                     *)

RECURSIVE SumOver(_, _)
SumOver(amount, ones) ==
    IF ones = {} THEN 0
    ELSE LET one == CHOOSE one \in ones : TRUE IN amount[one] + SumOver(amount, ones \ {one})

\* Clause: state.capacity
StateCapacity == \A r \in Resources : 0 <= store.confirmed[r] /\ store.confirmed[r] <= Capacity[r]

\* Clause: state.sum
StateSum ==
    \A r \in Resources :
        store.confirmed[r] = SumOver([one \in On[r] |-> one.units * store.ledger[one]], On[r])

\* Clause: state.unique
StateUnique ==
    \A one \in Reservations :
        /\ store.ledger[one] <= 1
        /\ store.ledger[one] = 1 => \A other \in Under[one.id] \ {one} : store.ledger[other] = 0

\* Clause: state.version
StateVersion == \A r \in Resources : store.version[r] = SumOver(store.ledger, On[r])

\* Clause: emit.one
EmitOne ==
    \A a \in Attempts : IsDone(a) =>
        /\ attempts[a].outcome \in {"BOOKED", "REJECTED", "FAILED"}
        /\ (attempts[a].outcome = "FAILED") = (attempts[a].reason # None)

AllDone == \A a \in Attempts : IsDone(a)
IsBooked(a) == IsDone(a) /\ attempts[a].outcome = "BOOKED"
IsLost(a) == IsDone(a) /\ attempts[a].reason = "acknowledgement lost"

\* Clause: emit.kept
EmitKept == AllDone => \A a \in Attempts : IsBooked(a) => store.ledger[Requests[a]] > 0

\* Clause: emit.recorded
EmitRecorded ==
    AllDone => \A one \in Reservations :
        store.ledger[one] > 0 => \E a \in Attempts : Requests[a] = one /\ (IsBooked(a) \/ IsLost(a))

\* Clause: progress.suspension
ProgressSuspension == \A a \in Attempts : ~IsDone(a) => ENABLED Step(a)

-----------------------------------------------------------------------------
(* What a step shows. These speak about the two states of a step and do    *)
(* not name the action that made it.                                       *)

Moves(a) == attempts'[a].stage # attempts[a].stage
Observes(a) == Moves(a) /\ IsIdle(a)
Persists(a) == Moves(a) /\ IsObserved(a)
Ends(a) == Moves(a) /\ attempts'[a].stage = "done"
EndsAs(a, outcome) == Ends(a) /\ attempts'[a].outcome = outcome
EndsByFault(a) == Ends(a) /\ attempts'[a].reason \in {"store unavailable", "acknowledgement lost"}

\* The version is left out on purpose, so that version and effect can be held against each other.
EffectOn(r) ==
    \/ store'.confirmed[r] # store.confirmed[r]
    \/ \E one \in On[r] : store'.ledger[one] # store.ledger[one]
HadEffect == \E r \in Resources : EffectOn(r)
Raced(a) == Known(a) /\ attempts[a].version # Version(a)

\* Clause: observe.pure
ObservePure == [][\A a \in Attempts : Observes(a) => UNCHANGED store]_vars

\* Clause: persist.only_writer
PersistOnlyWriter == [][store' # store => \E a \in Attempts : Persists(a)]_vars

\* Clause: persist.refusal_pure
PersistRefusalPure ==
    [][\A a \in Attempts : Persists(a) /\ Verdict(a) # "accepted" => EndsByFault(a) \/ UNCHANGED store]_vars

\* Clause: persist.version_step
PersistVersionStep ==
    [][\A a \in Attempts : Persists(a) =>
        \A r \in Resources : store'.version[r] - store.version[r] = IF EffectOn(r) THEN 1 ELSE 0]_vars

\* Clause: persist.compare_and_swap
PersistCompareAndSwap ==
    [][\A a \in Attempts : Persists(a) /\ HadEffect => Known(a) /\ attempts[a].version = Version(a)]_vars

\* Clause: persist.identity
PersistIdentity ==
    [][\A a \in Attempts : Persists(a) /\ IsUsed(a) /\ ~EndsByFault(a) =>
        Verdict(a) = IF store.ledger[Requests[a]] > 0 THEN "accepted" ELSE "identifier reuse"]_vars

\* Clause: attempt.one_persist
AttemptOnePersist ==
    [][\A a \in Attempts : attempts'[a] # attempts[a] =>
        (IsIdle(a) /\ attempts'[a].stage \in {"observed", "done"}) \/ (IsObserved(a) /\ Ends(a))]_vars

\* Clause: progress.two_steps
ProgressTwoSteps == [][\A a \in Attempts : Persists(a) => Ends(a)]_vars

\* Clause: attempt.decides_at_persist
AttemptDecidesAtPersist ==
    [][\A a \in Attempts : Observes(a) /\ Ends(a) => attempts'[a] = Done("FAILED", "store unavailable")]_vars

\* Clause: emit.booked
EmitBooked == [][\A a \in Attempts : EndsAs(a, "BOOKED") => store'.ledger[Requests[a]] > 0]_vars

\* Clause: emit.rejected
EmitRejected == [][\A a \in Attempts : EndsAs(a, "REJECTED") /\ IsObserved(a) /\ Known(a) => ~Fits(a)]_vars

\* Clause: emit.conflict
EmitConflict ==
    [][\A a \in Attempts : Ends(a) /\ attempts'[a].reason = "version conflict" => IsObserved(a) /\ Raced(a)]_vars

\* Clause: emit.unbooked
EmitUnbooked ==
    [][\A a \in Attempts : Ends(a) /\ ~EndsAs(a, "BOOKED") =>
        attempts'[a].reason = "acknowledgement lost" \/ ~HadEffect]_vars

\* Clause: attempt.solo
AttemptSolo ==
    [][\A a \in Attempts : Persists(a) /\ Known(a) /\ ~IsUsed(a) /\ ~Raced(a) /\ ~EndsByFault(a) =>
        ~EndsAs(a, "FAILED")]_vars

-----------------------------------------------------------------------------
(* What a whole behaviour shows.                                           *)

\* An attempt that keeps going ends, whatever becomes of the others: nothing is asked of their fairness.
\* Clauses: progress.suspension, progress.two_steps
EndsAlone == \A a \in Attempts : WF_vars(Step(a)) => <>IsDone(a)

\* Persist is the moment at which an attempt takes effect in the one-step specification; an observe is no step of it.
Atomic == INSTANCE AtomicBooking WITH
    ledger <- store.ledger,
    outcomes <- [a \in Attempts |-> IF IsDone(a) THEN attempts[a].outcome ELSE None],
    MayBeLost <- "acknowledgement lost" \in Faults

\* Clause: history.linearizable
HistoryLinearizable == Atomic!Spec

=============================================================================
