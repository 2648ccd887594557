/*
 * Attempts that book units of resources, each in two shared steps: the system of AttemptBooking.tla in Promela.
 *
 * Each step is one d_step, so that pan stores exactly one state for each state of the model, and takes exactly one
 * transition for each of its transitions. What a d_step needs in between is back at 0 when it ends.
 *
 * A system is a set of macros. Without any, it is ATTEMPTS attempts of one unit, under distinct ids, on one resource
 * of SEATS units: spin -DATTEMPTS=4 -DSEATS=2 -a attempt_booking.pml
 */

#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
#ifndef SEATS
#define SEATS 1
#endif

#ifndef RESOURCES
#define RESOURCES 1                     /* how many resources exist; the number after the last one is an unknown one */
#define RESERVATION_OF(attempt) attempt /* the first attempt that asks for the same reservation */
#define ID_OF(attempt) attempt          /* the first attempt under the same booking id */
#define RESOURCE_OF(attempt) 0
#define UNITS_OF(attempt) 1
#define CAPACITY_OF(attempt) SEATS      /* the capacity of the resource that the attempt asks for, in units */
#endif

#ifndef COUNT
#define COUNT int                       /* a type that holds a capacity plus all requests, in units */
#endif
#ifndef POLICY
#define POLICY VERSION_FIRST
#endif
#ifndef FAULTS
#define FAULTS 0                        /* a sum of UNAVAILABLE and ACKNOWLEDGEMENT_LOST */
#endif
#ifndef FLAWS
#define FLAWS 0                         /* a sum of flaws */
#endif
#ifndef CHECKED
#define CHECKED 65535                   /* a sum of clauses */
#endif

#define VERSION_FIRST 0
#define CAPACITY_FIRST 1

#define UNAVAILABLE 1
#define ACKNOWLEDGEMENT_LOST 2

#define NO_VERSION_CHECK 1
#define NO_ID_CHECK 2
#define NO_CAPACITY_CHECK 4
#define VERSION_NOT_BUMPED 8
#define VERSION_BUMPED_ON_REJECTION 16
#define ONE_UNIT_CONFIRMED 32
#define CONFLICT_EMITTED_AS_REJECTED 64
#define CONFLICT_EMITTED_AS_BOOKED 128
#define REJECTION_EMITTED_AS_FAILED 256
#define REASON_NOT_EMITTED 512

#define STATE_CAPACITY 1
#define STATE_SUM 2
#define STATE_UNIQUE 4
#define STATE_VERSION 8
#define PERSIST_REFUSAL_PURE 16
#define PERSIST_VERSION_STEP 32
#define PERSIST_COMPARE_AND_SWAP 64
#define PERSIST_IDENTITY 128
#define EMIT_ONE 256
#define EMIT_BOOKED 512
#define EMIT_REJECTED 1024
#define EMIT_CONFLICT 2048
#define EMIT_UNBOOKED 4096
#define ATTEMPT_SOLO 8192
#define EMIT_KEPT 16384
#define EMIT_RECORDED 32768

/* Verdicts, which are reasons too. 0 is none. */
#define ACCEPTED 1
#define OVER_CAPACITY 2
#define VERSION_CONFLICT 3
#define IDENTIFIER_REUSE 4
#define UNKNOWN_RESOURCE 5
#define STORE_UNAVAILABLE 6
#define LOST 7

/* Outcomes. 0 is none. */
#define BOOKED 1
#define REJECTED 2
#define FAILED 3

#define WITH(flaw) ((FLAWS & (flaw)) != 0)

/* --- the state ------------------------------------------------------------------------------------------------- */

COUNT confirmed[RESOURCES + 1];         /* units; the last place stands for every unknown resource, and stays 0 */
byte version[RESOURCES + 1];
byte ledger[ATTEMPTS];                  /* how often each reservation is recorded: twice is a flaw that can be seen */
byte under[ATTEMPTS];                   /* the same, counted by booking id */
byte outcome[ATTEMPTS];
byte reason[ATTEMPTS];
byte ended;                             /* how many attempts have an outcome */

/* These are 0 between steps. */
byte answer, earlier_version, effects, each, other;
bit effective, bumped, used, recorded, fitted, owned;
int units;

/* --- what the store answers ------------------------------------------------------------------------------------ */

#define MINE RESERVATION_OF(_pid)
#define ID ID_OF(_pid)
#define RESOURCE RESOURCE_OF(_pid)
#define UNITS UNITS_OF(_pid)
#define CAPACITY CAPACITY_OF(_pid)
#define KNOWN (RESOURCE < RESOURCES)

#define IS_USED (under[ID] > 0)
#define IS_RACED (KNOWN && seen_version != version[RESOURCE])
#define FITS (confirmed[RESOURCE] + UNITS <= CAPACITY)

#define FOUND_USED (!WITH(NO_ID_CHECK) && IS_USED)
#define FOUND_STALE (!WITH(NO_VERSION_CHECK) && IS_RACED)
#define FOUND_OVER (!WITH(NO_CAPACITY_CHECK) && !FITS)

/* Clauses: persist.order, persist.identity, persist.unknown, persist.version, persist.capacity */
#define VERDICT \
    (FOUND_USED -> (ledger[MINE] > 0 -> ACCEPTED : IDENTIFIER_REUSE) : \
    (!KNOWN -> UNKNOWN_RESOURCE : \
    (POLICY == CAPACITY_FIRST && FOUND_OVER -> OVER_CAPACITY : \
    (FOUND_STALE -> VERSION_CONFLICT : \
    (FOUND_OVER -> OVER_CAPACITY : ACCEPTED)))))

#define IS_EFFECTIVE (!FOUND_USED && KNOWN && !FOUND_STALE && !FOUND_OVER)
#define BUMPS_ON_REJECTION (WITH(VERSION_BUMPED_ON_REJECTION) && VERDICT == OVER_CAPACITY)
#define WRITES (IS_EFFECTIVE || BUMPS_ON_REJECTION)

/* Write what an accepted proposal writes. Clauses: persist.effect, persist.whole */
inline apply() {
    if
    :: effective ->
        confirmed[RESOURCE] = confirmed[RESOURCE] + (WITH(ONE_UNIT_CONFIRMED) -> 1 : UNITS);
        version[RESOURCE] = version[RESOURCE] + (WITH(VERSION_NOT_BUMPED) -> 0 : 1);
        ledger[MINE]++;
        under[ID]++
    :: else ->
        version[RESOURCE] = version[RESOURCE] + (bumped -> 1 : 0)
    fi
}

/* Clauses: emit.one, emit.reason */
inline emit(verdict) {
    if
    :: verdict == ACCEPTED -> outcome[_pid] = BOOKED
    :: verdict == OVER_CAPACITY && !WITH(REJECTION_EMITTED_AS_FAILED) -> outcome[_pid] = REJECTED
    :: verdict == VERSION_CONFLICT && WITH(CONFLICT_EMITTED_AS_REJECTED) -> outcome[_pid] = REJECTED
    :: verdict == VERSION_CONFLICT && WITH(CONFLICT_EMITTED_AS_BOOKED) -> outcome[_pid] = BOOKED
    :: else ->
        outcome[_pid] = FAILED;
        reason[_pid] = (WITH(REASON_NOT_EMITTED) -> 0 : verdict)
    fi;
    ended++
}

/* --- the clauses ----------------------------------------------------------------------------------------------- */

/* pan prints the number of the clause when it is compiled with -DPRINTF. */
inline promise(clause, holds) {
    if
    :: (CHECKED & clause) && !(holds) -> printf("violated: clause %d\n", clause); assert(false)
    :: else
    fi
}

/* Only the resource of this attempt may have changed. */
inline check_store() {
    promise(STATE_CAPACITY, !KNOWN || confirmed[RESOURCE] <= CAPACITY);
    promise(STATE_UNIQUE, under[ID] <= 1);
    for (each : 0 .. ATTEMPTS - 1) {
        if
        :: RESOURCE_OF(each) == RESOURCE ->
            units = units + ledger[each] * UNITS_OF(each);
            effects = effects + ledger[each]
        :: else
        fi
    }
    promise(STATE_SUM, confirmed[RESOURCE] == units);
    promise(STATE_VERSION, version[RESOURCE] == effects)
}

inline check_persist(verdict) {
    promise(PERSIST_REFUSAL_PURE, verdict == ACCEPTED || verdict == LOST || !(effective || bumped));
    promise(PERSIST_VERSION_STEP, version[RESOURCE] - earlier_version == effective);
    promise(PERSIST_COMPARE_AND_SWAP, !effective || seen_version == earlier_version);
    promise(PERSIST_IDENTITY,
        !used || verdict == LOST || verdict == (recorded -> ACCEPTED : IDENTIFIER_REUSE));
    promise(EMIT_REJECTED, outcome[_pid] != REJECTED || !KNOWN || !fitted);
    promise(EMIT_CONFLICT, reason[_pid] != VERSION_CONFLICT || seen_version != earlier_version);
    promise(EMIT_UNBOOKED, outcome[_pid] == BOOKED || reason[_pid] == LOST || !effective);
    promise(ATTEMPT_SOLO,
        !KNOWN || used || seen_version != earlier_version || verdict == LOST || outcome[_pid] != FAILED)
}

inline check_end() {
    promise(EMIT_ONE, (outcome[_pid] == FAILED) == (reason[_pid] != 0));
    promise(EMIT_BOOKED, outcome[_pid] != BOOKED || ledger[MINE] > 0);
    if
    :: ended == ATTEMPTS ->
        for (each : 0 .. ATTEMPTS - 1) {
            promise(EMIT_KEPT, outcome[each] != BOOKED || ledger[RESERVATION_OF(each)] > 0);
            owned = (ledger[each] == 0);
            for (other : 0 .. ATTEMPTS - 1) {
                owned = owned || (RESERVATION_OF(other) == each &&
                    (outcome[other] == BOOKED || reason[other] == LOST))
            }
            promise(EMIT_RECORDED, owned)
        }
    :: else
    fi
}

/* What is remembered within a step, and of an observation after its use, is no part of the state. */
inline forget() {
    answer = 0; effective = 0; bumped = 0; used = 0; recorded = 0; fitted = 0; earlier_version = 0;
    units = 0; effects = 0; each = 0; other = 0; owned = 0;
    seen_version = 0; seen_confirmed = 0
}

/* --- the steps ------------------------------------------------------------------------------------------------- */

/* Persist, and get the store's answer or, where `lost`, none. Clause: persist.atomic */
inline persist(lost) {
    answer = VERDICT;
    effective = IS_EFFECTIVE;
    bumped = BUMPS_ON_REJECTION;
    used = IS_USED;
    recorded = (ledger[MINE] > 0);
    fitted = FITS;
    earlier_version = version[RESOURCE];
    apply();
    if
    :: lost -> answer = LOST
    :: else
    fi;
    emit(answer);
    check_store();
    check_persist(answer);
    check_end();
    forget()
}

active [ATTEMPTS] proctype attempt() {
    byte seen_version;                  /* the observation */
    COUNT seen_confirmed;

    if
    :: d_step {                         /* Observe. Clauses: observe.stale, observe.absent */
            true ->
            seen_version = version[RESOURCE];
            seen_confirmed = confirmed[RESOURCE]
        }
    :: d_step {                         /* ObserveUnavailable. Clauses: observe.unavailable, fault.unavailable */
            FAULTS & UNAVAILABLE ->
            emit(STORE_UNAVAILABLE);
            check_end();
            forget()
        }
        goto end
    fi;

    if
    :: d_step {                         /* Persist */
            true ->
            persist(false)
        }
    :: d_step {                         /* PersistUnavailable. Clause: fault.unavailable */
            FAULTS & UNAVAILABLE ->
            emit(STORE_UNAVAILABLE);
            check_end();
            forget()
        }
    :: d_step {                         /* PersistUnacknowledged. Clause: fault.acknowledgement_lost */
            (FAULTS & ACKNOWLEDGEMENT_LOST) && WRITES ->
            persist(true)
        }
    fi;

    /* pan reports an attempt that stands still anywhere but here. Clause: progress.suspension */
end:
    false
}
