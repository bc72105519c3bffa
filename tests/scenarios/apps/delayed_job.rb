#!/usr/bin/env ruby
# SPDX-License-Identifier: MIT
#
# Worker on Delayed Job: on SIGTERM it interrupts the job that it has and
# releases its lock on the job's record. After sudden death the lock expires, as
# no job may take longer than max_run_time.
#
#	delayed_job.rb create		the table
#	delayed_job.rb enqueue		jobs, "NUMBER SECONDS" on each line
#	delayed_job.rb work
#
# Locks are by host and process number, and the latter is the same in many
# containers: they must not share a host name.

require 'active_record'
require 'delayed_job_active_record'
require 'socket'

ActiveRecord::Base.establish_connection(ENV.fetch('DATABASE_URL'))
$stdout.sync = true

# Its result is the file NUMBER in the folder $RESULTS. Done twice, that is the
# same file: jobs are reentrant.
Work = Struct.new(:number, :seconds) do
  def perform
    puts "job #{number} begun"
    sleep seconds
    result = File.join(ENV.fetch('RESULTS'), number.to_s)
    File.write("#{result}.new", "done\n")
    # Complete or not there at all.
    File.rename("#{result}.new", result)
  end

  # A stop is no failure of the job, which need not wait for its next attempt.
  def reschedule_at(now, _attempts)
    now
  end

  def error(_job, error)
    puts "job #{number} interrupted" if error.is_a?(SignalException)
  end
end

# sd_notify(3): dinit publishes readiness.
def announce_ready
  address = Socket.sockaddr_un(ENV.fetch('NOTIFY_SOCKET').sub('@', "\0"))
  Socket.new(:UNIX, :DGRAM).send('READY=1', 0, address)
end

def create_jobs_table
  ActiveRecord::Schema.define do
    create_table :delayed_jobs do |t|
      t.integer :priority, :attempts, default: 0, null: false
      t.text :handler, null: false
      t.text :last_error
      t.datetime :run_at, :locked_at, :failed_at
      t.string :locked_by, :queue
      t.timestamps null: true
      t.index %i[priority run_at]
    end
  end
end

def work
  Delayed::Worker.raise_signal_exceptions = :term
  Delayed::Worker.max_run_time = Integer(ENV.fetch('MAX_RUN_TIME'))
  Delayed::Worker.sleep_delay = 1
  worker = Delayed::Worker.new
  Delayed::Worker.lifecycle.before(:execute) { announce_ready }
  Delayed::Worker.lifecycle.after(:perform) do |_, job|
    puts "job #{job.payload_object.number} done" if job.destroyed?
  end
  worker.start
end

case ARGV.first
when 'create' then create_jobs_table
when 'enqueue'
  $stdin.each_line do |line|
    number, seconds = line.split
    Delayed::Job.enqueue(Work.new(Integer(number), Float(seconds)))
  end
when 'work' then work
end
