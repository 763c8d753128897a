#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# slurm.sh HHSWEEP: starts a Slurm of one node on this machine and runs hhsweep under it: the shards
# of a job array, the ranks of srun, and a job that is requeued by SIGTERM and goes on. Needs root
# and, on Debian, the packages slurmctld, slurmd, slurm-client and munge. Ends with 77 without them.
set -euo pipefail

hhsweep=$(realpath "$1")
for program in slurmctld slurmd munged mungekey sbatch; do
  command -v "$program" > /dev/null || { echo "there is no $program"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "only root can start Slurm's daemons"; exit 77; }

work=$(mktemp -d)
chmod 755 "$work"
processes=()
finish() {
  for process in "${processes[@]}"; do kill "$process" 2> /dev/null || true; done
  wait || true
  rm -rf "$work"
}
trap finish EXIT

start_daemons() {
  local host
  host=$(hostname -s)
  mkdir -p "$work"/{state,spool,log}
  mungekey --create --keyfile="$work/munge.key"
  munged --foreground --force --socket="$work/munge.socket" --key-file="$work/munge.key" \
    --pid-file="$work/munged.pid" --log-file="$work/log/munged" --seed-file="$work/munge.seed" &
  processes+=($!)
  export SLURM_CONF="$work/slurm.conf"
  cat > "$SLURM_CONF" <<CONF
ClusterName=hhsweep
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=27817
SlurmdPort=27818
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket,cred_expire=10
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/log/slurmctld
SlurmdLogFile=$work/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=10
MpiDefault=none
SwitchType=switch/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  slurmctld -D > "$work/log/slurmctld.out" 2>&1 &
  processes+=($!)
  slurmd -D > "$work/log/slurmd.out" 2>&1 &
  processes+=($!)
  for _ in $(seq 60); do
    sinfo --noheader --format=%t 2> /dev/null | grep -q idle && return
    sleep 1
  done
  echo "Slurm does not come up:"
  tail -n 20 "$work"/log/*
  exit 1
}

wait_for_job() {
  for _ in $(seq 240); do
    [ -z "$(squeue --noheader --jobs="$1" 2> /dev/null)" ] && return
    sleep 0.5
  done
  echo "job $1 does not end:"
  squeue
  exit 1
}

content_hash() { "$hhsweep" show "$1" | sed -n 's/^content_hash //p'; }

expect_same() {
  if [ "$(content_hash "$1")" != "$(content_hash "$2")" ]; then
    echo "$1 is not $2"
    exit 1
  fi
  "$hhsweep" check "$1"
  if [ -e "$1.parts" ] || [ -e "$1.lock" ]; then
    echo "something is left of $1"
    exit 1
  fi
}

start_daemons
cd "$work"
cat > sweep.toml <<'TOML'
[run]
duration = 20
[stimulus.step]
kind = "step"
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, 500000]
TOML
"$hhsweep" run sweep.toml -o whole.nc --quiet

echo "== a job array"
job=$(sbatch --parsable --array=3-9:2 --output=array-%a.log \
  --wrap="$hhsweep run sweep.toml -o array.nc --shard auto --threads 1")
wait_for_job "$job"
cat array-*.log
expect_same array.nc whole.nc

echo "== ranks of srun within a job"
job=$(sbatch --parsable --ntasks=3 --output=ranks.log \
  --wrap="srun --ntasks=3 $hhsweep run sweep.toml -o ranks.nc --shard auto --threads 1")
wait_for_job "$job"
cat ranks.log
expect_same ranks.nc whole.nc

echo "== a job that is requeued"
cat > job.sh <<JOB
#!/bin/bash
exec $hhsweep run sweep.toml -o again.nc --threads 1
JOB
job=$(sbatch --parsable --requeue --open-mode=append --output=again.log job.sh)
until ls again.nc.parts/chunk-* > /dev/null 2>&1; do sleep 0.05; done
scontrol requeue "$job"
wait_for_job "$job"
cat again.log
grep -q "stopped by SIGTERM" again.log
grep -q "going on with again.nc" again.log
expect_same again.nc whole.nc
echo "all of it is as it should be"
